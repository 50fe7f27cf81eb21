#include "ports/table_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "ports/position_lookup.h"

namespace tillstream {

namespace {

constexpr std::size_t kNameBytesMax = 255;
constexpr int kScaleMax = 38;
constexpr std::size_t kShownBytes = 60;

std::size_t bytes_of(const TableKeyPart& part) {
    const auto* bytes = std::get_if<std::string_view>(&part);
    return bytes == nullptr ? sizeof(std::int64_t) : bytes->size();
}

std::string_view content_of(const TableValue& value) {
    if (const auto* text = std::get_if<std::string_view>(&value)) return *text;
    if (const auto* bytes = std::get_if<TableBytes>(&value)) return bytes->bytes;
    return {};
}

std::size_t bytes_of(const TableValue& value) {
    if (std::holds_alternative<TableNumber>(value)) return sizeof(Int128) + 1;
    return content_of(value).size() + 1;
}

/// A key part as messages show it.
std::string shown(const TableKeyPart& part) {
    if (const auto* number = std::get_if<std::int64_t>(&part)) return std::to_string(*number);
    std::string text;
    for (const char c : std::get<std::string_view>(part).substr(0, kShownBytes)) {
        text += c >= ' ' && c <= '~' ? c : '?';
    }
    return "'" + text + (bytes_of(part) > kShownBytes ? "...'" : "'");
}

Status check_part(const TableKey& key, const TableKeyPart& part, std::string_view which, std::size_t max) {
    const std::size_t bytes = bytes_of(part);
    if (bytes != 0 && bytes <= max) return {};
    return failure(Errc::invalid_argument,
                   fmt::format("table {}, partition {}: a {} key of {} bytes, allowed are 1 to {}", key.table,
                               shown(key.partition), which, bytes, max));
}

Status check_attribute(const TableKey& key, const TableAttribute& attribute) {
    if (attribute.name.empty() || attribute.name.size() > kNameBytesMax) {
        return failure(
            Errc::invalid_argument,
            fmt::format("table {}, partition {}: an attribute's name of {} bytes, allowed are 1 to {}",
                        key.table, shown(key.partition), attribute.name.size(), kNameBytesMax));
    }
    const auto* number = std::get_if<TableNumber>(&attribute.value);
    if (number == nullptr || (number->scale >= 0 && number->scale <= kScaleMax)) return {};
    return failure(Errc::invalid_argument, fmt::format("table {}, attribute {}: scale {} is not 0 to {}",
                                                       key.table, attribute.name, number->scale, kScaleMax));
}

}  // namespace

const TableValue* TableItem::find(std::string_view name) const {
    for (const TableAttribute& attribute : attributes_) {
        if (attribute.name == name) return &attribute.value;
    }
    return nullptr;
}

void TableItem::assign(const TableKeyPart& partition, const TableKeyPart& sort,
                       std::span<const TableAttribute> attributes) {
    bytes_.clear();
    bytes_.reserve(item_bytes({{}, partition, sort}, attributes));
    const auto copy = [&](std::string_view bytes) {
        char* at = bytes_.extend(bytes.size());
        if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
        return std::string_view(at, bytes.size());
    };
    const auto copy_part = [&](const TableKeyPart& part) -> TableKeyPart {
        if (const auto* bytes = std::get_if<std::string_view>(&part)) return copy(*bytes);
        return part;
    };
    present_ = true;
    partition_ = copy_part(partition);
    sort_ = copy_part(sort);
    attributes_.clear();
    for (const TableAttribute& attribute : attributes) {
        TableValue value = attribute.value;
        if (auto* text = std::get_if<std::string_view>(&value)) *text = copy(*text);
        if (auto* bytes = std::get_if<TableBytes>(&value)) bytes->bytes = copy(bytes->bytes);
        attributes_.push_back({copy(attribute.name), value});
    }
}

std::size_t item_bytes(const TableKey& key, std::span<const TableAttribute> attributes) {
    std::size_t bytes = bytes_of(key.partition) + bytes_of(key.sort);
    for (const TableAttribute& attribute : attributes) {
        bytes += attribute.name.size() + bytes_of(attribute.value);
    }
    return bytes;
}

Status check_item_bytes(const TableKey& key, std::span<const TableAttribute> attributes,
                        const TableCapabilities& capabilities) {
    const std::size_t bytes = item_bytes(key, attributes);
    if (bytes <= capabilities.item_bytes_max) return {};
    return failure(Errc::invalid_argument,
                   fmt::format("table {}, partition {}: an item of {} bytes, allowed are {}", key.table,
                               shown(key.partition), bytes, capabilities.item_bytes_max));
}

Status check_writes(std::span<const TableWrite> writes, const TableCapabilities& capabilities) {
    for (const TableWrite& write : writes) {
        const TableKey& key = write.key;
        TILLSTREAM_CHECK(check_part(key, key.partition, "partition", capabilities.partition_key_bytes_max));
        TILLSTREAM_CHECK(check_part(key, key.sort, "sort", capabilities.sort_key_bytes_max));
        for (const TableAttribute& attribute : write.attributes) {
            TILLSTREAM_CHECK(check_attribute(key, attribute));
        }
        TILLSTREAM_CHECK(check_item_bytes(key, write.attributes, capabilities));
    }
    return {};
}

std::vector<TableAttribute> with_update(std::span<const TableAttribute> stored,
                                        std::span<const TableAttribute> update) {
    std::vector<TableAttribute> attributes(stored.begin(), stored.end());
    for (const TableAttribute& change : update) {
        const auto found = std::find_if(attributes.begin(), attributes.end(),
                                        [&](const auto& known) { return known.name == change.name; });
        if (found == attributes.end()) {
            attributes.push_back(change);
        } else {
            found->value = change.value;
        }
    }
    return attributes;
}

Status check_condition(const TableWrite& write, const TableItem& item) {
    if (!write.condition) return {};
    const TableCondition& condition = *write.condition;
    const TableValue* stored = item.empty() ? nullptr : item.find(condition.attribute);
    const bool holds = condition.kind == TableCondition::Kind::absent
                           ? item.empty() || (!condition.attribute.empty() && stored == nullptr)
                           : stored != nullptr && *stored == condition.value;
    if (holds) return {};
    return failure(Errc::conflict,
                   fmt::format("table {}, partition {}: the condition on {} does not hold", write.key.table,
                               shown(write.key.partition),
                               condition.attribute.empty() ? "the item" : condition.attribute));
}

Status check_positions(const TableCommit& commit, std::span<const SinkPosition> stored) {
    return check_positions(commit.consumer, stored, commit.expected, commit.positions);
}

void advance_positions(const TableCommit& commit, std::vector<SinkPosition>& stored) {
    for (const SinkPosition& position : commit.positions) {
        const auto found = std::find_if(stored.begin(), stored.end(),
                                        [&](const auto& known) { return known.source == position.source; });
        if (found == stored.end()) {
            stored.push_back(position);
        } else {
            *found = position;
        }
    }
}

}  // namespace tillstream
