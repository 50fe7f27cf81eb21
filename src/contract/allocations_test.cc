// Decoding allocates per block of memory, never per row.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "contract/decode_fixture.h"

namespace {
std::size_t allocations = 0;

void* counted(std::size_t size) {
    ++allocations;
    if (void* at = std::malloc(size)) return at;
    throw std::bad_alloc();
}
}  // namespace

void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void operator delete(void* at) noexcept { std::free(at); }
void operator delete[](void* at) noexcept { std::free(at); }
void operator delete(void* at, std::size_t) noexcept { std::free(at); }
void operator delete[](void* at, std::size_t) noexcept { std::free(at); }

namespace tillstream {
namespace {

constexpr std::size_t kRows = 10'000;

std::string sale(std::size_t i) {
    return R"({"InvoiceNo":")" + std::to_string(536365 + i / 20) +
           R"(","StockCode":"85123A","Description":"WHITE HANGING \"HEART\" HOLDER","Quantity":6,)"
           R"("InvoiceDate":"12\/1\/2010 8:26","UnitPrice":2.55,"CustomerID":17850.0,"Country":"Ireland",)"
           R"("till":"a till with a long name","event_id":"0123456789abcdef-)" +
           std::to_string(i) + "\"}";
}

TEST(Allocations, JsonRows) {
    auto text = std::make_unique<Buffer>();
    std::vector<std::size_t> ends;
    for (std::size_t i = 0; i < kRows; ++i) {
        text->append(sale(i));
        ends.push_back(text->size());
    }
    const std::shared_ptr<const Buffer> input = std::move(text);
    RowDecoder decoder(sales_contract());
    json::Scanner scanner;
    std::vector<json::Field> fields;
    const auto decode_all = [&] {
        std::size_t counted_here = 0;
        std::size_t before = allocations;
        decoder.start(input, kRows);
        counted_here += allocations - before;
        for (std::size_t i = 0, at = 0; i < kRows; at = ends[i++]) {
            const std::string_view raw = input->view().substr(at, ends[i] - at);
            ASSERT_FALSE(scanner.scan_object(raw, {}, fields));
            before = allocations;
            decoder.add_object(raw, fields);
            counted_here += allocations - before;
        }
        before = allocations;
        const RowBatchPtr batch = decoder.finish();
        counted_here += allocations - before;
        EXPECT_EQ(batch->rejected(), 0U);
        EXPECT_LT(counted_here, 100U);
        EXPECT_GT(counted_here, 10U);
    };
    decode_all();
    decode_all();
}

TEST(Allocations, TextRows) {
    const std::vector<std::string_view> names = {"InvoiceNo",   "StockCode", "Description", "Quantity",
                                                 "InvoiceDate", "UnitPrice", "CustomerID",  "Country"};
    const std::vector<std::string_view> values = {
        "536365", "85123A",        "WHITE HANGING HEART T-LIGHT HOLDER", "6", "12/1/2010 8:26", "2.55",
        "17850",  "United Kingdom"};
    RowDecoder decoder(sales_contract());
    const HeaderBinding header = *decoder.bind_header(names);
    const std::size_t before = allocations;
    decoder.start(nullptr, kRows);
    for (std::size_t i = 0; i < kRows; ++i) decoder.add_texts(header, values);
    const RowBatchPtr batch = decoder.finish();
    EXPECT_LT(allocations - before, 100U);
    EXPECT_EQ(batch->rejected(), 0U);
}

}  // namespace
}  // namespace tillstream
