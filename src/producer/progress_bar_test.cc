#include "producer/progress_bar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace tillstream {
namespace {

using testing::HasSubstr;

/// What a bar of that style prints of a run.
std::string printed(ProgressStyle style) {
    std::FILE* file = std::tmpfile();
    ProgressBar bar(file, style);
    bar.progress({.sent = 10, .share_done = 0.5, .seconds = 6});
    bar.notice("something odd");
    bar.progress({.sent = 20, .share_done = 1, .seconds = 7});
    bar.finish();
    std::string text(1'000, '\0');
    std::rewind(file);
    text.resize(std::fread(text.data(), 1, text.size(), file));
    std::fclose(file);
    return text;
}

TEST(ProgressBar, OnlyATerminalGetsABarUnasked) {
    EXPECT_EQ(progress_style_named("auto", true), ProgressStyle::bar);
    EXPECT_EQ(progress_style_named("auto", false), ProgressStyle::none);
    EXPECT_EQ(progress_style_named("bar", false), ProgressStyle::bar);
    EXPECT_EQ(progress_style_named("lines", true), ProgressStyle::lines);
    EXPECT_EQ(progress_style_named("none", true), ProgressStyle::none);
    EXPECT_EQ(progress_style_named("Bar", true), std::nullopt);
}

TEST(ProgressBar, NoticesComeInEveryStyle) {
    EXPECT_EQ(printed(ProgressStyle::none), "something odd\n");
    EXPECT_THAT(printed(ProgressStyle::bar), HasSubstr(" 50% [==========          ]   10 records"));
    EXPECT_THAT(printed(ProgressStyle::bar), HasSubstr("\r\x1b[Ksomething odd\n"));
    const std::string lines = printed(ProgressStyle::lines);
    EXPECT_THAT(lines, HasSubstr(" 50% [==========          ]   10 records   2/s   ETA 0:00:06\n"));
    EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 2) << "a line every few seconds";
}

}  // namespace
}  // namespace tillstream
