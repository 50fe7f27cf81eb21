#include "contract/internal/header_binding.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "json/writer.h"

namespace tillstream {

namespace {

std::string target_name(const Contract& contract, int target) {
    return target == HeaderBinding::kEventId ? "event_id"
                                             : contract.columns[static_cast<std::size_t>(target)].name;
}

/// What the sender may have meant, in a length that fits a message.
std::string quoted_names(std::span<const std::string_view> header) {
    constexpr std::size_t kMostShown = 8;
    std::string text;
    for (std::size_t i = 0; i < header.size() && i < kMostShown; ++i)
        text += fmt::format("{}'{}'", i == 0 ? "" : ", ", found_text(header[i]));
    return header.size() > kMostShown ? text + ", ..." : text;
}

class Binder {
public:
    Binder(const Contract& contract, const FieldMap& names, std::span<const std::string_view> header)
        : contract_(contract), names_(names), header_(header), taken_(header.begin(), header.end()) {}

    Result<HeaderBinding> run() {
        for (const std::string_view name : header_) TILLSTREAM_CHECK(bind(name));
        if (!any_column_)
            return failure(Errc::invalid_argument,
                           fmt::format("no name of the header is a column of '{}': found {}", contract_.name,
                                       quoted_names(header_)));
        return std::move(binding_);
    }

private:
    Status bind(std::string_view name) {
        const std::uint32_t known = names_.find(name);
        const int target = known == FieldMap::kNone ? HeaderBinding::kUnknown : names_.target(known);
        if (target != HeaderBinding::kUnknown) {
            const auto [earlier, fresh] = by_target_.emplace(target, name);
            if (!fresh)
                return failure(Errc::invalid_argument,
                               fmt::format("the header names column '{}' twice, as '{}' and as '{}'",
                                           target_name(contract_, target), earlier->second, name));
        }
        any_column_ = any_column_ || target >= 0;
        add(target == HeaderBinding::kUnknown ? unique(name) : std::string(name), target);
        return {};
    }

    std::string unique(std::string_view name) {
        int& number = next_number_[name];
        if (number++ == 0) return std::string(name);
        for (;; ++number) {
            std::string candidate = fmt::format("{}_{}", name, number);
            if (!taken_.contains(candidate) && names_.find(candidate) == FieldMap::kNone) return candidate;
        }
    }

    void add(std::string name, int target) {
        binding_.json_keys += '"';
        json::append_escaped(binding_.json_keys, name);
        binding_.json_keys += "\":";
        binding_.json_key_ends.push_back(static_cast<std::uint32_t>(binding_.json_keys.size()));
        binding_.names.push_back(std::move(name));
        binding_.target.push_back(target);
    }

    const Contract& contract_;
    const FieldMap& names_;
    std::span<const std::string_view> header_;
    std::set<std::string_view> taken_;
    std::map<std::string_view, int> next_number_;
    std::map<int, std::string_view> by_target_;
    HeaderBinding binding_;
    bool any_column_ = false;
};

}  // namespace

Result<HeaderBinding> make_header_binding(const Contract& contract, const FieldMap& names,
                                          std::span<const std::string_view> header) {
    return Binder(contract, names, header).run();
}

}  // namespace tillstream
