#include "codec/compression.h"

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <limits>

#include "core/assert.h"

namespace tillstream {
namespace {

constexpr int kGzipOnly = 16 + MAX_WBITS;
constexpr std::size_t kFirstRoom = 64 << 10;

struct Name {
    std::string_view name;
    Encoding encoding;
};
constexpr std::array kNames = {Name{"", Encoding::identity}, Name{"identity", Encoding::identity},
                               Name{"gzip", Encoding::gzip}, Name{"x-gzip", Encoding::gzip},
                               Name{"zstd", Encoding::zstd}};

struct FreeDctx {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};
struct FreeCctx {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

uInt clamp_uint(std::size_t size) {
    return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
}

/// zlib's streams refer to themselves by address: this one stays where it was made.
struct GzipStream {
    z_stream stream = {};
    bool between = true;  ///< members

    GzipStream() { TILLSTREAM_ASSERT(inflateInit2(&stream, kGzipOnly) == Z_OK); }
    GzipStream(const GzipStream&) = delete;
    GzipStream& operator=(const GzipStream&) = delete;
    ~GzipStream() { inflateEnd(&stream); }
};

std::size_t window_log(std::size_t bytes) { return static_cast<std::size_t>(std::bit_width(bytes | 1)); }

}  // namespace

std::optional<Encoding> encoding_named(std::string_view name) {
    auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
    for (const Name& known : kNames)
        if (std::equal(name.begin(), name.end(), known.name.begin(), known.name.end(), same))
            return known.encoding;
    return std::nullopt;
}

std::string_view to_string(Encoding encoding) {
    switch (encoding) {
        case Encoding::identity: return "identity";
        case Encoding::gzip: return "gzip";
        case Encoding::zstd: return "zstd";
    }
    return "";
}

Encoding detect_encoding(std::string_view start) {
    if (start.starts_with("\x1F\x8B")) return Encoding::gzip;
    if (start.size() < 4) return Encoding::identity;
    const auto magic = load_le<std::uint32_t>(start.data());
    const bool skippable = (magic & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START;
    return magic == ZSTD_MAGICNUMBER || skippable ? Encoding::zstd : Encoding::identity;
}

struct Inflater::State {
    Encoding encoding = Encoding::identity;
    std::unique_ptr<GzipStream> gzip;
    std::unique_ptr<ZSTD_DCtx, FreeDctx> zstd;
    bool complete = false;

    Result<Progress> step_gzip(std::string_view in, char* out, std::size_t room);
    Result<Progress> step_zstd(std::string_view in, char* out, std::size_t room);
};

Inflater::Inflater(Encoding encoding, int window_log_max) : state_(std::make_unique<State>()) {
    state_->encoding = encoding;
    state_->complete = encoding == Encoding::identity;
    if (encoding == Encoding::gzip) state_->gzip = std::make_unique<GzipStream>();
    if (encoding != Encoding::zstd) return;
    state_->zstd.reset(ZSTD_createDCtx());
    TILLSTREAM_ASSERT(state_->zstd != nullptr);
    const std::size_t set = ZSTD_DCtx_setParameter(state_->zstd.get(), ZSTD_d_windowLogMax, window_log_max);
    TILLSTREAM_ASSERT(!ZSTD_isError(set));
}

Inflater::~Inflater() = default;
Inflater::Inflater(Inflater&&) noexcept = default;
Inflater& Inflater::operator=(Inflater&&) noexcept = default;

bool Inflater::complete() const { return state_->complete; }

Result<Inflater::Progress> Inflater::step(std::string_view in, char* out, std::size_t room) {
    switch (state_->encoding) {
        case Encoding::gzip: return state_->step_gzip(in, out, room);
        case Encoding::zstd: return state_->step_zstd(in, out, room);
        case Encoding::identity: break;
    }
    const std::size_t size = in.copy(out, room);
    return Progress{size, size};
}

Result<Inflater::Progress> Inflater::State::step_gzip(std::string_view in, char* out, std::size_t room) {
    z_stream& stream = gzip->stream;
    Progress done;
    while (done.produced < room && (done.consumed < in.size() || !gzip->between)) {
        if (gzip->between) TILLSTREAM_ASSERT(inflateReset(&stream) == Z_OK);
        gzip->between = false;
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data() + done.consumed));
        stream.avail_in = clamp_uint(in.size() - done.consumed);
        stream.next_out = reinterpret_cast<Bytef*>(out + done.produced);
        stream.avail_out = clamp_uint(room - done.produced);
        const uInt had_in = stream.avail_in;
        const uInt had_out = stream.avail_out;
        const int outcome = ::inflate(&stream, Z_NO_FLUSH);
        done.consumed += had_in - stream.avail_in;
        done.produced += had_out - stream.avail_out;
        complete = gzip->between = outcome == Z_STREAM_END;
        if (outcome == Z_BUF_ERROR) break;  // no progress without more input
        if (outcome != Z_OK && outcome != Z_STREAM_END)
            return failure(Errc::invalid_argument,
                           fmt::format("damaged gzip data: {}", stream.msg ? stream.msg : "no reason given"));
    }
    return done;
}

Result<Inflater::Progress> Inflater::State::step_zstd(std::string_view in, char* out, std::size_t room) {
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    ZSTD_outBuffer output{out, room, 0};
    while (output.pos < room) {
        if (complete && input.pos == input.size) break;
        const std::size_t before = input.pos + output.pos;
        const std::size_t outcome = ZSTD_decompressStream(zstd.get(), &output, &input);
        if (ZSTD_isError(outcome)) {
            const bool window = ZSTD_getErrorCode(outcome) == ZSTD_error_frameParameter_windowTooLarge;
            return failure(window ? Errc::resource_exhausted : Errc::invalid_argument,
                           fmt::format("{} zstd data: {}", window ? "unaffordable" : "damaged",
                                       ZSTD_getErrorName(outcome)));
        }
        complete = outcome == 0;
        if (input.pos + output.pos == before) break;
    }
    return Progress{input.pos, output.pos};
}

namespace {

Status check_limits(std::size_t produced, std::size_t consumed, const InflateLimits& limits) {
    if (produced > limits.max_bytes)
        return failure(Errc::resource_exhausted,
                       fmt::format("decompressed data is over {} bytes", limits.max_bytes));
    if (produced > InflateLimits::kRatioFree && produced / limits.ratio > consumed)
        return failure(
            Errc::resource_exhausted,
            fmt::format("decompressed data is over {} times the size of the compressed", limits.ratio));
    return {};
}

Status inflate_behind(Inflater& inflater, std::string_view in, Buffer& out, const InflateLimits& limits) {
    const std::size_t start = out.size();
    const std::size_t size = in.size();
    std::size_t used = start;
    for (;;) {
        // One byte more than allowed tells "too large" from "just fits".
        const std::size_t done = used - start;
        const std::size_t room = std::min(std::max(kFirstRoom, done), limits.max_bytes + 1 - done);
        out.resize(used + room);
        const auto step = TILLSTREAM_TRY(inflater.step(in, out.data() + used, room));
        in.remove_prefix(step.consumed);
        used += step.produced;
        out.resize(used);
        TILLSTREAM_CHECK(check_limits(used - start, size - in.size(), limits));
        if (step.produced < room) break;
    }
    if (!in.empty() || !inflater.complete())
        return failure(Errc::invalid_argument, "compressed data ends in the middle");
    return {};
}

}  // namespace

Status inflate(Encoding encoding, std::string_view in, Buffer& out, const InflateLimits& limits) {
    const std::size_t start = out.size();
    Inflater inflater(encoding,
                      static_cast<int>(std::clamp<std::size_t>(window_log(limits.max_bytes), 10, 27)));
    Status status = inflate_behind(inflater, in, out, limits);
    if (!status) out.resize(start);
    return status;
}

namespace {

Status deflate_gzip(std::string_view in, Buffer& out) {
    z_stream stream = {};
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipOnly, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return failure(Errc::internal, "zlib refused to start");
    const std::size_t start = out.size();
    std::size_t used = start;
    int outcome = Z_OK;
    while (outcome == Z_OK) {
        const std::size_t room = std::max<std::size_t>(kFirstRoom, in.size() / 4);
        out.resize(used + room);
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
        stream.avail_in = clamp_uint(in.size());
        stream.next_out = reinterpret_cast<Bytef*>(out.data() + used);
        stream.avail_out = clamp_uint(room);
        const uInt had_in = stream.avail_in;
        const uInt had_out = stream.avail_out;
        outcome = ::deflate(&stream, had_in == in.size() ? Z_FINISH : Z_NO_FLUSH);
        in.remove_prefix(had_in - stream.avail_in);
        used += had_out - stream.avail_out;
    }
    deflateEnd(&stream);
    out.resize(outcome == Z_STREAM_END ? used : start);
    if (outcome != Z_STREAM_END) return failure(Errc::internal, "zlib gave up compressing");
    return {};
}

Status deflate_zstd(std::string_view in, Buffer& out) {
    std::unique_ptr<ZSTD_CCtx, FreeCctx> context(ZSTD_createCCtx());
    TILLSTREAM_ASSERT(context != nullptr);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
    const std::size_t start = out.size();
    const std::size_t room = ZSTD_compressBound(in.size());
    out.resize(start + room);
    const std::size_t size = ZSTD_compress2(context.get(), out.data() + start, room, in.data(), in.size());
    out.resize(ZSTD_isError(size) ? start : start + size);
    if (ZSTD_isError(size)) return failure(Errc::internal, fmt::format("zstd: {}", ZSTD_getErrorName(size)));
    return {};
}

}  // namespace

Status deflate(Encoding encoding, std::string_view in, Buffer& out) {
    switch (encoding) {
        case Encoding::gzip: return deflate_gzip(in, out);
        case Encoding::zstd: return deflate_zstd(in, out);
        case Encoding::identity: break;
    }
    out.append(in);
    return {};
}

}  // namespace tillstream
