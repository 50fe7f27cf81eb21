// The scanner against an independent parser: the same texts are JSON, and they mean the same.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "core/bytes.h"
#include "json/scanner.h"
#include "json/writer.h"

namespace tillstream::json {
namespace {

constexpr unsigned kSeed = 536365;

std::string random_text(std::mt19937& random) {
    static constexpr std::string_view kParts[] = {
        "a", "POST", "\"", "\\", "/", "\n", "\x01", "\xC2\xA3", "\xF0\x9F\x98\x80", " ", ",", "{"};
    std::string text;
    for (unsigned n = random() % 6; n > 0; --n) text += kParts[random() % std::size(kParts)];
    return text;
}

void write_value(Writer& writer, std::mt19937& random, int depth) {
    switch (random() % (depth > 0 ? 7 : 5)) {
        case 0: writer.null(); break;
        case 1: writer.boolean(random() % 2 != 0); break;
        case 2: writer.number(static_cast<std::int64_t>(random()) - (1LL << 31)); break;
        case 3: writer.raw(std::array{"-0.5", "17850.0", "1e3", "2.5499999999999998"}[random() % 4]); break;
        case 4: writer.string(random_text(random)); break;
        case 5:
            writer.begin_array();
            for (unsigned n = random() % 4; n > 0; --n) write_value(writer, random, depth - 1);
            writer.end_array();
            break;
        default:
            writer.begin_object();
            for (unsigned n = random() % 4; n > 0; --n)
                write_value(writer.key(random_text(random)), random, depth - 1);
            writer.end_object();
    }
}

std::string random_object(std::mt19937& random) {
    std::string out;
    Writer writer(out);
    writer.begin_object();
    for (int i = static_cast<int>(random() % 6); i > 0; --i)
        write_value(writer.key(random_text(random) + std::to_string(i)), random, 4);
    writer.end_object();
    return out;
}

TEST(JsonScannerOracle, ReadsBackWhatTheWriterWrote) {
    std::mt19937 random(kSeed);
    Scanner scanner;
    std::vector<Field> fields;
    for (int round = 0; round < 5000; ++round) {
        const std::string text = random_object(random);
        SCOPED_TRACE("seed " + std::to_string(kSeed) + " round " + std::to_string(round) + ": " + text);
        Buffer padded(text);
        ASSERT_FALSE(scanner.scan_object(padded.view(), {}, fields));
        const auto tree = nlohmann::json::parse(text);
        ASSERT_EQ(fields.size(), tree.size());
        for (const Field& field : fields) {
            const auto& value = tree.at(std::string(field.key));
            if (field.kind == Kind::string)
                ASSERT_EQ(field.text, value.get_ref<const std::string&>());
            else
                ASSERT_EQ(nlohmann::json::parse(field.text), value);
        }
    }
}

/// Numbers too large for a double are JSON all the same; the oracle's complaint about them does not count.
struct Grammar : nlohmann::json_sax<nlohmann::json> {
    bool overflow = false;

    bool null() override { return true; }
    bool boolean(bool) override { return true; }
    bool number_integer(number_integer_t) override { return true; }
    bool number_unsigned(number_unsigned_t) override { return true; }
    bool number_float(number_float_t, const string_t&) override { return true; }
    bool string(string_t&) override { return true; }
    bool binary(binary_t&) override { return true; }
    bool start_object(std::size_t) override { return true; }
    bool key(string_t&) override { return true; }
    bool end_object() override { return true; }
    bool start_array(std::size_t) override { return true; }
    bool end_array() override { return true; }
    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) override {
        overflow = error.id == 406;
        return false;
    }
};

/// No NUL among them: the oracle takes it for the end.
void mutate(std::string& text, std::mt19937& random) {
    static constexpr char kBytes[] = {
        '"', '\\', '{',  '}',  '[',  ']',    ',',    ':',    '0',    '1',    '-',    '.',    'e',    'u',
        't', ' ',  '\n', '\r', '\t', '\x01', '\x0B', '\x0C', '\x1A', '\x7F', '\xC2', '\xA3', '\xED', '\xFF'};
    const std::size_t at = random() % text.size();
    const char byte = kBytes[random() % sizeof kBytes];
    switch (random() % 3) {
        case 0: text[at] = byte; break;
        case 1: text.insert(at, 1, byte); break;
        default: text.erase(at, 1 + random() % 3);
    }
    if (text.empty()) text = " ";
}

TEST(JsonScannerOracle, AcceptsExactlyWhatIsJson) {
    std::mt19937 random(kSeed + 1);
    Scanner scanner;
    std::vector<Field> fields;
    int good = 0;
    for (int round = 0; round < 60000; ++round) {
        std::string text = random_object(random);
        for (unsigned n = random() % 3; n > 0; --n) mutate(text, random);
        Grammar grammar;
        const bool accepted = nlohmann::json::sax_parse(text, &grammar);
        if (grammar.overflow || text.starts_with("\xEF\xBB\xBF")) continue;
        Buffer padded(text);
        const auto error = scanner.scan_object(padded.view(), {kDepthMax}, fields);
        const bool json = !error || error->failure == ScanFailure::not_object;
        ASSERT_EQ(json, accepted) << "seed " << kSeed + 1 << " round " << round << ": "
                                  << testing::PrintToString(text);
        good += accepted ? 1 : 0;
    }
    EXPECT_GT(good, 10000);
}

}  // namespace
}  // namespace tillstream::json
