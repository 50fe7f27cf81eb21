#include "doors/http/internal/operations.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tillstream::http_door {

namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kText = "text/plain";
constexpr std::string_view kString = R"({"type":"string"})";
constexpr std::string_view kTime = R"({"type":"string","format":"date-time"})";
constexpr std::string_view kObject = R"({"type":"object"})";
constexpr std::string_view kSomeText = R"({"type":"string"})";

constexpr Parameter kAfter{
    "after", kString, "position of an earlier answer: wait until this store has reached it (2 s, then 503)"};
constexpr Parameter kCursor{"cursor", kString, "`next` of the page before"};

constexpr std::string_view kPage100 = R"({"type":"integer","minimum":1,"maximum":10000,"default":100})";
constexpr std::string_view kPage1000 = R"({"type":"integer","minimum":1,"maximum":10000,"default":1000})";

constexpr std::array kAppendQuery{
    Parameter{"detail", R"({"type":"string","enum":["failures","all"],"default":"failures"})",
              "which records the answer lists"}};
constexpr std::array kAppendHeaders{
    Parameter{"Idempotency-Key", R"({"type":"string","minLength":1,"maxLength":255})",
              "the request's own name, of its token and stream: a retry with the same body gets the first "
              "answer again"},
    Parameter{"Content-Encoding", R"({"type":"string","enum":["gzip","zstd"]})",
              "how the body is compressed; without it, it is not"}};
constexpr Parameter kReplayed{"Idempotent-Replayed", R"({"type":"string","const":"true"})",
                              "this answer was given before, under the same Idempotency-Key"};
constexpr std::array kAppendAnswerHeaders{kReplayed};
constexpr std::array kAppendTypes{kJson, std::string_view("application/x-ndjson"),
                                  std::string_view("text/csv")};
constexpr std::array kJsonOnly{kJson};
constexpr std::array kAfterOnly{kAfter};
constexpr std::array kRecordsQuery{
    Parameter{"shard", R"({"type":"integer","minimum":0,"maximum":4294967295,"default":0})",
              "shard of the stream"},
    Parameter{"from", R"({"type":"integer","minimum":0,"maximum":18446744073709551615,"default":0})",
              "first offset"},
    Parameter{"limit", kPage100, "records of a page"}, kCursor, kAfter};
constexpr std::array kQuarantineQuery{
    Parameter{"dataset", kString, "only of this dataset"},
    Parameter{"reason", kString, "only with this error code"},
    Parameter{"state", R"({"type":"string","enum":["open","replayed","discarded"]})", "only in this state"},
    Parameter{"limit", kPage100, "records of a page"},
    kCursor,
    kAfter};
constexpr std::array kVerifyQuery{
    Parameter{"stream", R"({"type":"string","default":"sales"})", "stream to check"},
    Parameter{"wait", R"({"type":"integer","minimum":0,"maximum":600,"default":0})",
              "seconds to wait for the sinks"}};
constexpr std::array kInvoiceQuery{Parameter{"limit", kPage1000, "lines of a page"}, kCursor, kAfter};
constexpr std::array kCustomerInvoicesQuery{
    Parameter{"from", kTime, "first time, inclusive"},
    Parameter{"to", kTime, "last time, exclusive"},
    Parameter{"order", R"({"type":"string","enum":["desc","asc"],"default":"desc"})",
              "by (time, invoice_no)"},
    Parameter{"limit", kPage100, "invoices of a page"},
    kCursor,
    kAfter};

constexpr std::array kReplayQuery{Parameter{"from", kTime, "first arrival, inclusive"},
                                  Parameter{"to", kTime, "last arrival, exclusive"}};

constexpr std::string_view kReplay =
    R"({"type":"object","required":["name","state","whole","passed","total","stored","error"],)"
    R"("properties":{"name":{"type":"string"},)"
    R"("state":{"type":"string","enum":["none","waiting","running","done","failed"]},)"
    R"("whole":{"type":"boolean"},"passed":{"type":"integer"},"total":{"type":"integer"},)"
    R"("stored":{"type":"integer"},"error":{"type":["string","null"]}}})";
constexpr std::string_view kReceipt =
    R"({"type":"object","required":["received","accepted","quarantined","duplicates","position","records"],)"
    R"("properties":{"received":{"type":"integer"},"accepted":{"type":"integer"},)"
    R"("quarantined":{"type":"integer"},"duplicates":{"type":"integer"},"position":{"type":"string"},)"
    R"("records":{"type":"array","items":{"type":"object"}}}})";
constexpr std::string_view kQueryBody =
    R"({"type":"object","required":["sql"],"properties":{"sql":{"type":"string"},"params":{"type":"array"},)"
    R"("limit":{"type":"integer","minimum":0}}})";
constexpr std::string_view kQueryAnswer =
    R"({"type":"object","required":["columns","rows","truncated"],"properties":{)"
    R"("columns":{"type":"array","items":{"type":"object"}},)"
    R"("rows":{"type":"array","items":{"type":"array"}},"truncated":{"type":"boolean"}}})";
constexpr std::string_view kStreamAnswer = R"({"type":"object","required":["shards","sinks"],"properties":{)"
                                           R"("shards":{"type":"array","items":{"type":"object"}},)"
                                           R"("sinks":{"type":"array","items":{"type":"object"}}}})";
constexpr std::string_view kRecordPage = R"({"type":"object","required":["records","next"],"properties":{)"
                                         R"("records":{"type":"array","items":{"type":"object"}},)"
                                         R"("next":{"type":["string","null"]}}})";
constexpr std::string_view kInvoice =
    R"({"type":"object","required":["invoice_no","customer_id","time","country","lines","units","total",)"
    R"("items","next"],"properties":{"invoice_no":{"type":"string"},)"
    R"("customer_id":{"type":["integer","null"]},)"
    R"("time":{"type":"string","format":"date-time"},"country":{"type":["string","null"]},)"
    R"("lines":{"type":"integer"},"units":{"type":"integer"},"total":{"type":"string"},)"
    R"("items":{"type":"array","items":{"type":"object"}},"next":{"type":["string","null"]}}})";
constexpr std::string_view kCustomer =
    R"({"type":"object","required":["customer_id","country","invoices","lines","units","total","first",)"
    R"("last"],"properties":{"customer_id":{"type":"integer"},"country":{"type":["string","null"]},)"
    R"("invoices":{"type":"integer"},"lines":{"type":"integer"},"units":{"type":"integer"},)"
    R"("total":{"type":"string"},"first":{"type":"string","format":"date-time"},)"
    R"("last":{"type":"string","format":"date-time"}}})";
constexpr std::string_view kInvoicePage = R"({"type":"object","required":["invoices","next"],"properties":{)"
                                          R"("invoices":{"type":"array","items":{"type":"object"}},)"
                                          R"("next":{"type":["string","null"]}}})";

constexpr std::string_view kLogLevel =
    R"({"type":"object","required":["level"],"properties":{"component":{"type":["string","null"]},)"
    R"("level":{"type":"string","enum":["debug","info","warn","error"]}}})";
constexpr std::string_view kLogLevels =
    R"({"type":"object","required":["levels"],"properties":{"levels":{"type":"array",)"
    R"("items":{"type":"object","properties":)"
    R"({"component":{"type":"string"},"level":{"type":"string"}}}}}})";
constexpr std::string_view kTokenSpec =
    R"({"type":"object","required":["scopes"],"additionalProperties":false,"properties":{)"
    R"("scopes":{"type":"array","items":{"type":"string",)"
    R"("pattern":"^(ingest:([a-z0-9_]{1,63}|\\*)|files|read|query|repair|admin)$"},"minItems":1},)"
    R"("name":{"type":"string","maxLength":100},)"
    R"("records_per_second":{"type":["integer","null"],"minimum":1,"maximum":1000000000000},)"
    R"("bytes_per_second":{"type":["integer","null"],"minimum":1,"maximum":1000000000000}}})";
constexpr std::string_view kToken =
    R"({"type":"object","required":["id","name","scopes","records_per_second","bytes_per_second",)"
    R"("created","revoked"],"properties":{"id":{"type":"string"},"name":{"type":"string"},)"
    R"("scopes":{"type":"array","items":{"type":"string"}},"records_per_second":{"type":["integer","null"]},)"
    R"("bytes_per_second":{"type":["integer","null"]},"created":{"type":"string","format":"date-time"},)"
    R"("revoked":{"type":["string","null"],"format":"date-time"}}})";
constexpr std::string_view kCreatedToken =
    R"({"type":"object","required":["id","token","scopes"],)"
    R"("properties":{"id":{"type":"string"},"token":{"type":"string"},)"
    R"("scopes":{"type":"array","items":{"type":"string"}}}})";
constexpr std::string_view kTokenPage =
    R"({"type":"object","required":["tokens","next"],)"
    R"("properties":{"tokens":{"type":"array","items":{"type":"object"}},)"
    R"("next":{"type":["string","null"]}}})";

constexpr std::array kOperations{
    Operation{"appendRecords", Scope::ingest, "ingest",
              "Store records; each is judged and the answer tells how", kAppendQuery, kAppendTypes,
              R"({"type":["object","array"]})", kJson, kReceipt, kAppendHeaders, kAppendAnswerHeaders},
    Operation{"query", Scope::query, "sql", "Run one SELECT on the warehouse", kAfterOnly, kJsonOnly,
              kQueryBody, kJson, kQueryAnswer},
    Operation{"streamStatus",
              Scope::read,
              "streams",
              "Shards of a stream, and how far each sink has come",
              kAfterOnly,
              {},
              {},
              kJson,
              kStreamAnswer},
    Operation{"streamRecords",
              Scope::read,
              "streams",
              "Records of a shard as they were received",
              kRecordsQuery,
              {},
              {},
              kJson,
              kRecordPage},
    Operation{"sealStream",
              Scope::admin,
              "streams",
              "Seal everything durable into raw lake objects",
              {},
              {},
              {},
              kJson,
              kObject},
    Operation{"listQuarantine",
              Scope::read,
              "quarantine",
              "Records that were judged bad, oldest first",
              kQuarantineQuery,
              {},
              {},
              kJson,
              kRecordPage},
    Operation{"invoice",
              Scope::read,
              "history",
              "An invoice with its lines",
              kInvoiceQuery,
              {},
              {},
              kJson,
              kInvoice},
    Operation{
        "customer", Scope::read, "history", "Totals of a customer", kAfterOnly, {}, {}, kJson, kCustomer},
    Operation{"customerInvoices",
              Scope::read,
              "history",
              "Invoices of a customer, newest first",
              kCustomerInvoicesQuery,
              {},
              {},
              kJson,
              kInvoicePage},
    Operation{"pauseSink",
              Scope::admin,
              "sinks",
              "Stop a sink after its commit under way",
              {},
              {},
              {},
              kJson,
              kObject},
    Operation{"resumeSink", Scope::admin, "sinks", "Let a paused sink go on", {}, {}, {}, kJson, kObject},
    Operation{"replaySink",
              Scope::admin,
              "sinks",
              "Bring a stretch of the log to a sink once more",
              kReplayQuery,
              {},
              {},
              kJson,
              kReplay},
    Operation{"replayStatus",
              Scope::read,
              "sinks",
              "How far the last replay of a sink has come",
              {},
              {},
              {},
              kJson,
              kReplay},
    Operation{"live", Scope::open, "system", "Whether the process runs", {}, {}, {}, kText, kSomeText},
    Operation{"ready", Scope::open, "system", "Whether every store is open", {}, {}, {}, kText, kSomeText},
    Operation{
        "metrics", Scope::read, "system", "Metrics in Prometheus' text form", {}, {}, {}, kText, kSomeText},
    Operation{"verify",
              Scope::read,
              "system",
              "Compare every store with the log, read anew",
              kVerifyQuery,
              {},
              {},
              kJson,
              kObject},
    Operation{"createToken",
              Scope::admin,
              "access",
              "Make a token; its text is shown in this answer only",
              {},
              kJsonOnly,
              kTokenSpec,
              kJson,
              kCreatedToken},
    Operation{
        "listTokens", Scope::admin, "access", "Every token, without its text", {}, {}, {}, kJson, kTokenPage},
    Operation{"revokeToken", Scope::admin, "access", "Refuse a token from now on", {}, {}, {}, kJson, kToken},
    Operation{"logLevels",
              Scope::read,
              "system",
              "Least level of each component's log",
              {},
              {},
              {},
              kJson,
              kLogLevels},
    Operation{"setLogLevel",
              Scope::admin,
              "system",
              "Change the level of one component's log, or of all",
              {},
              kJsonOnly,
              kLogLevel,
              kJson,
              kLogLevels},
    Operation{"openapi", Scope::open, "system", "This document", {}, {}, {}, kJson, kObject},
};

constexpr std::string_view kAnything = "*/*";
constexpr std::array kEchoAnswerHeaders{
    kReplayed,
    Parameter{"Tillstream-Status", R"({"type":"string","enum":["accepted","quarantined","duplicate"]})",
              "what became of the record"},
    Parameter{"Tillstream-Position", kString, "where it lies, for ?after="}};
constexpr Parameter kNumber{"InvoiceNo", kString, "number of the invoice", true};
constexpr std::array kAliasInvoiceQuery{kNumber, Parameter{"limit", kPage1000, "lines of a page"}, kCursor,
                                        kAfter};
constexpr std::array kSeedInvoiceQuery{kNumber, kAfter};
constexpr std::array kSeedInvoiceAnswerHeaders{
    Parameter{"Tillstream-Lines-From-Tables", R"({"type":"integer","minimum":1})",
              "attributes whose records are gone from the log: what the tables know of them"}};
constexpr std::string_view kSeedInvoice =
    R"({"type":"object","required":["InvoiceNo"],"additionalProperties":{"type":"object","properties":)"
    R"({"S":{"type":"string"}}}})";

/// What an alias' routes are; `id`, `summary` and `stream` are each alias' own.
Operation append_operation(AliasResponse response) {
    if (response == AliasResponse::stream) return kOperations.front();
    return {.id = {},
            .scope = Scope::ingest,
            .tag = {},
            .summary = {},
            .query = {},
            .body_types = kAppendTypes,
            .body_schema = R"({"type":["object","array"]})",
            .answer_type = kAnything,
            .answer_schema = "{}",
            .headers = kAppendHeaders,
            .answer_headers = kEchoAnswerHeaders};
}

Operation invoice_operation(AliasResponse response) {
    const bool seed = response == AliasResponse::seed;
    Operation operation{.id = {},
                        .scope = Scope::read,
                        .tag = {},
                        .summary = {},
                        .query = kAliasInvoiceQuery,
                        .body_types = {},
                        .body_schema = {},
                        .answer_type = kJson,
                        .answer_schema = kInvoice};
    if (!seed) return operation;
    operation.query = kSeedInvoiceQuery;
    operation.answer_schema = kSeedInvoice;
    operation.answer_headers = kSeedInvoiceAnswerHeaders;
    return operation;
}

}  // namespace

std::string alias_operation(std::size_t alias, Method method) {
    return fmt::format("alias{}{}", alias + 1,
                       method == Method::post  ? "Post"
                       : method == Method::put ? "Put"
                                               : "Get");
}

Operations::Operations(std::span<const HttpAlias> aliases) : all_(kOperations.begin(), kOperations.end()) {
    static_assert(kOperations.front().id == "appendRecords");
    for (std::size_t i = 0; i < aliases.size(); ++i) add(aliases[i], i);
}

void Operations::add(const HttpAlias& alias, std::size_t number) {
    const bool seed = alias.response == AliasResponse::seed;
    const std::string_view stream = keep(alias.stream);
    const std::string_view take =
        keep(seed ? fmt::format("Store one record of stream {} and give its bytes back", alias.stream)
                  : fmt::format("Store records of stream {}, by another path", alias.stream));
    const auto describe = [&](Operation operation, Method method, std::string_view summary) {
        operation.id = keep(alias_operation(number, method));
        operation.tag = "aliases";
        operation.summary = summary;
        operation.stream = stream;
        all_.push_back(operation);
    };
    describe(append_operation(alias.response), Method::post, take);
    describe(append_operation(alias.response), Method::put, take);
    describe(invoice_operation(alias.response), Method::get,
             seed ? "An invoice as one item: of each stock code its last line" : "An invoice with its lines");
}

const Operation* Operations::find(std::string_view id) const {
    const auto found = std::find_if(all_.begin(), all_.end(),
                                    [&](const Operation& operation) { return operation.id == id; });
    return found == all_.end() ? nullptr : &*found;
}

}  // namespace tillstream::http_door
