// The SQL door: reading is all it lets through, and what takes too long or too much is ended while ingest
//               goes
// on.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/bad_input/ingest_case.h"

namespace tillstream::bad_input {
namespace {

/// A small time limit for queries.
class SqlGate : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        door_ = Door::open({"--query.timeout", "1s"});
        if (!door_) return;
        door_->post_records(kHeader + std::string("before,85123A,6,12/1/2010 8:26,2.55\n"), kCsv);
        door_->wait_for_sinks();
    }
    static void TearDownTestSuite() {
        if (!door_) return;
        door_->expect_verified();
        EXPECT_EQ(door_->terminate(), 0);
        door_.reset();
    }
    void SetUp() override { ASSERT_TRUE(door_); }

    static void expect(const std::string& sql, int status, const std::string& code) {
        SCOPED_TRACE(sql);
        const Answer answer = door_->query(sql);
        EXPECT_EQ(answer.status, status) << answer.text("detail");
        const std::vector<Wrong> errors = answer.errors();
        ASSERT_EQ(errors.size(), 1U);
        EXPECT_EQ(errors[0].pointer, "/sql");
        EXPECT_EQ(errors[0].code, code);
        EXPECT_EQ(errors[0].found, answer.text("detail"));
    }
    static inline std::unique_ptr<Door> door_;
};

TEST_F(SqlGate, RefusesEveryStatementThatDoesNotRead) {
    for (const char* sql : {
             "INSERT INTO shop.sales (invoice_no) VALUES ('1')",
             "UPDATE shop.sales SET quantity = 0",
             "DELETE FROM shop.sales",
             "TRUNCATE shop.sales",
             "MERGE INTO shop.sales USING (SELECT 1) ON true WHEN MATCHED THEN DELETE",
             "CREATE TABLE shop.t (a int)",
             "CREATE TABLE t AS SELECT 1",
             "CREATE TEMP TABLE t AS SELECT 1",
             "CREATE VIEW v AS SELECT 1",
             "CREATE MACRO m() AS 1",
             "CREATE SCHEMA s",
             "CREATE SECRET (TYPE s3)",
             "DROP TABLE shop.sales",
             "ALTER TABLE shop.sales ADD COLUMN x int",
             "COMMENT ON TABLE shop.sales IS 'x'",
             "COPY shop.sales TO '/tmp/tillstream-copy.csv'",
             "COPY shop.sales FROM '/etc/passwd'",
             "EXPORT DATABASE '/tmp/tillstream-export'",
             "IMPORT DATABASE '/tmp/tillstream-export'",
             "ATTACH '/tmp/tillstream-other.duckdb'",
             "DETACH shop",
             "USE shop",
             "INSTALL httpfs",
             "LOAD httpfs",
             "SET memory_limit = '1TB'",
             "SET VARIABLE x = 1",
             "RESET memory_limit",
             "PRAGMA database_list",
             "PRAGMA threads = 64",
             "CALL pragma_version()",
             "CHECKPOINT",
             "FORCE CHECKPOINT",
             "VACUUM",
             "ANALYZE",
             "BEGIN",
             "COMMIT",
             "PREPARE p AS SELECT 1",
             "EXPLAIN DELETE FROM shop.sales",
             "EXPLAIN ANALYZE DELETE FROM shop.sales",
             "/* SELECT 1 */ DELETE FROM shop.sales",
         })
        expect(sql, 403, "forbidden");
    EXPECT_EQ(door_->value("SELECT count(*) FROM shop.sales WHERE invoice_no = 'before' AND quantity = 6"),
              "1");
}

TEST_F(SqlGate, RefusesFilesSettingsAndTheEnvironmentWhereverTheyStand) {
    for (const char* sql : {
             "SELECT * FROM read_csv('/etc/passwd')",
             "SELECT * FROM read_parquet('/tmp/x.parquet')",
             "SELECT * FROM read_text('/etc/passwd')",
             "SELECT * FROM read_blob('/etc/passwd')",
             "SELECT * FROM read_json('/etc/passwd')",
             "SELECT * FROM sniff_csv('/etc/passwd')",
             "SELECT * FROM glob('/*')",
             "SELECT * FROM '/etc/passwd.csv'",
             "SELECT * FROM \"data.parquet\"",
             "FROM 'https://example.com/x.csv'",
             "WITH c AS (SELECT * FROM read_text('/etc/passwd')) SELECT * FROM c",
             "SELECT (SELECT content FROM read_text('/etc/passwd'))",
             "SELECT * FROM (VALUES ('/etc/passwd')) f(name), LATERAL (SELECT * FROM read_text(name))",
             "SELECT 1 WHERE EXISTS (SELECT 1 FROM glob('/*'))",
             "SELECT 1 UNION ALL SELECT count(*) FROM read_text('/etc/passwd')",
             "EXPLAIN ANALYZE SELECT * FROM read_text('/etc/passwd')",
             "SELECT READ_TEXT('/etc/passwd')",
             "SELECT getenv('HOME')",
             "SELECT current_setting('memory_limit')",
             "SELECT getvariable('x')",
             "SELECT * FROM duckdb_settings()",
             "SELECT * FROM duckdb_secrets()",
             "SELECT * FROM pg_settings",
             "SELECT * FROM query('SELECT 1')",
             "SELECT * FROM query_table('shop.sales')",
             "SELECT nextval('s')",
             "SELECT write_log('x')",
         })
        expect(sql, 403, "forbidden");
}

TEST_F(SqlGate, NamesTheLineAndColumnOfBadSql) {
    struct BadSql {
        const char* sql;
        const char* line;
        const char* column;
    };
    for (const BadSql& one : std::vector<BadSql>{
             {"", "1", "1"},
             {";", "1", "1"},
             {"-- nothing but a comment", "1", "1"},
             {"SELECT 1; SELECT 2", "1", "1"},
             {"SELECT 1; DROP TABLE shop.sales", "1", "1"},
             {"SELEC 1", "1", "1"},
             {"SELECT (1", "1", "10"},
             {"SELECT 1\nFROM shop.sales\nWHERE WHERE", "3", "7"},
             {"SELECT nope FROM shop.sales", "1", "8"},
             {"SELECT\n  nope\nFROM shop.sales", "2", "3"},
             {"SELECT * FROM shop.nope", "1", "15"},
             {"SELECT nofunc(1)", "1", "8"},
             {"SELECT cast('x' AS int)", "1", "8"},
             {"SELECT make_date(2020, 13, 1)", "1", "1"},
         }) {
        expect(one.sql, 400, "syntax");
        const Answer answer = door_->query(one.sql);
        const json::Value* errors = answer.body.find("errors");
        ASSERT_TRUE(errors && errors->items.size() == 1) << one.sql;
        EXPECT_EQ(text_of(errors->items[0], "line"), one.line) << one.sql;
        EXPECT_EQ(text_of(errors->items[0], "column"), one.column) << one.sql;
    }
}

/// Posts one row after the other until it is stopped; each must be acknowledged.
class SteadyIngest {
public:
    explicit SteadyIngest(const std::string& url) : thread_([this, url] { run(url); }) {}
    ~SteadyIngest() {
        if (thread_.joinable()) (void)stop();
    }
    SteadyIngest(const SteadyIngest&) = delete;
    SteadyIngest& operator=(const SteadyIngest&) = delete;

    std::size_t acknowledged() const { return acknowledged_; }
    /// How many rows were acknowledged.
    std::size_t stop() {
        stopping_ = true;
        thread_.join();
        EXPECT_EQ(failure_, "");
        return acknowledged_;
    }

private:
    void run(const std::string& url) {
        auto client = HttpClient::open(url);
        while (client && !stopping_ && failure_.empty()) {
            const std::string body = kHeader + std::string("meanwhile,") + std::to_string(acknowledged_) +
                                     ",6,12/1/2010 8:26,2.55\n";
            const auto answer =
                client->send({Method::post, "/v1/streams/sales/records", {{"Content-Type", kCsv}}, body});
            if (answer && answer->status == 200)
                ++acknowledged_;
            else
                failure_ = answer ? answer->body : answer.error().message;
        }
    }

    std::atomic<bool> stopping_ = false;
    std::atomic<std::size_t> acknowledged_ = 0;
    std::string failure_;  ///< of the thread until it is joined
    std::thread thread_;   ///< last: it uses the others
};

/// Each of `queries` is ended with `code` while rows arrive; the query behind it and the rows do not suffer.
void expect_ended_while_ingest_goes_on(Door& door, const std::vector<std::string>& queries,
                                       const std::string& code) {
    SteadyIngest ingest(door.url());
    for (const std::string& sql : queries) {
        SCOPED_TRACE(sql);
        const std::size_t before = ingest.acknowledged();
        const Answer answer = door.query(sql);
        EXPECT_EQ(answer.status, 422) << answer.text("detail");
        EXPECT_EQ(answer.problem(), "unprocessable");
        const std::vector<Wrong> errors = answer.errors();
        ASSERT_EQ(errors.size(), 1U);
        EXPECT_EQ(errors[0].code, code) << errors[0].found;
        EXPECT_GT(ingest.acknowledged(), before) << "ingest went on";
        EXPECT_EQ(door.value("SELECT 1"), "1") << "the query after one that was ended";
    }
    const std::size_t rows = ingest.stop();
    door.wait_for_sinks();
    const std::string meanwhile = " FROM shop.sales WHERE invoice_no = 'meanwhile'";
    EXPECT_EQ(door.value("SELECT count(*)" + meanwhile), std::to_string(rows));
    EXPECT_EQ(door.value("SELECT count(DISTINCT stock_code)" + meanwhile), std::to_string(rows));
}

TEST_F(SqlGate, EndsEndlessQueriesWhileIngestGoesOn) {
    expect_ended_while_ingest_goes_on(
        *door_,
        {"WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n FROM t) SELECT max(n) FROM t",
         "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range + b.range = 1",
         "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b",
         "EXPLAIN ANALYZE SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range < b.range"},
        "timeout");
}

TEST(SqlGateMemory, EndsGreedyQueriesWhileIngestGoesOn) {
    const std::unique_ptr<Door> door = Door::open(
        {"--query.timeout", "2m", "--warehouse.memory_bytes", "256MiB", "--warehouse.spill_bytes", "1MiB"});
    ASSERT_TRUE(door);
    expect_ended_while_ingest_goes_on(
        *door,
        {"SELECT length(list(range)::varchar) FROM range(200000000)"}, "memory");
    door->expect_verified();
    EXPECT_EQ(door->terminate(), 0);
}

}  // namespace
}  // namespace tillstream::bad_input
