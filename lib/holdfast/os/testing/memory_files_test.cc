#include <gtest/gtest.h>
#include <holdfast/os/testing/memory_files.h>
#include <holdfast/os/testing/scratch.h>
#include <holdfast/os/testing/scripted_host.h>

#include <filesystem>
#include <random>
#include <string>

namespace holdfast::os::testing {
namespace {

/// Does one and the same random thing to both, and tells what came of it.
class Twin {
 public:
  Twin(Files& files, std::string root) : files_(files), root_(std::move(root)) {}

  std::string step(unsigned operation, const std::string& a, const std::string& b) {
    std::string text;
    Listing listing;
    FileStatus status;
    switch (operation) {
      case 0: return name(files_.rename(root_ + a, root_ + b));
      case 1: return name(files_.link(root_ + a, root_ + b));
      case 2: return name(files_.unlink(root_ + a));
      case 3: return name(files_.make_directory(root_ + a, 0755));
      case 4: return name(files_.remove_directory(root_ + a));
      case 5: return name(files_.create(root_ + a, a + b, 0644));
      case 6: {
        const auto error = files_.read(root_ + a, 10, text);
        return name(error) + " '" + text + "'";
      }
      case 7: {
        const auto error = files_.status(root_ + a, Revalidate::forced, status);
        if (error) return name(error);
        const bool directory = status.type == FileType::directory;
        return directory ? "directory"
                         : std::to_string(status.links) + " " + std::to_string(status.size);
      }
      case 8: {
        const auto error = files_.list(root_ + a, 100, listing);
        std::sort(listing.names.begin(), listing.names.end());
        for (const auto& entry : listing.names) text += " " + entry;
        return name(error) + text;
      }
      default:
        return name(files_.set_modified(root_ + a, WallTime(std::chrono::seconds(operation))));
    }
  }

 private:
  static std::string name(const std::error_code& error) { return std::to_string(error.value()); }

  Files& files_;
  std::string root_;
};

// The fake is worth what it has in common with the real thing.
TEST(MemoryFiles, DoesWhatALocalFileSystemDoes) {
  const std::string pattern = std::filesystem::temp_directory_path() / "holdfast-twin-XXXXXX";
  std::string root = pattern;
  ASSERT_NE(::mkdtemp(root.data()), nullptr);
  ManualClock clock;
  MemoryFiles memory(clock);
  ASSERT_FALSE(memory.make_directory("/r", 0755));
  Twin fake(memory, "/r/"), real(*native().files, root + "/");
  const std::string names[] = {"a", "b",   "ab",  "d",     "d/a", "d/b",
                               "e", "e/a", "e/f", "e/f/x", "a/z"};
  std::mt19937_64 random(11);
  for (int round = 0; round < 20000; ++round) {
    const auto operation = static_cast<unsigned>(random() % 10);
    const std::string& a = names[random() % std::size(names)];
    const std::string& b = names[random() % std::size(names)];
    const bool within = a.starts_with(b + "/") || b.starts_with(a + "/");
    if (operation == 0 && within) continue;  // a directory into itself, or onto one that is above
    ASSERT_EQ(fake.step(operation, a, b), real.step(operation, a, b))
        << "round " << round << ": operation " << operation << " " << a << " " << b;
  }
  std::filesystem::remove_all(root);
}

// In front of the last component, and nowhere else.
TEST(MemoryFiles, FollowsALinkAsALocalFileSystemDoes) {
  const Scratch scratch;
  const std::string& root = scratch.path();
  std::filesystem::create_directory(root + "/d");
  std::filesystem::create_directory_symlink(root + "/d", root + "/l");
  std::filesystem::create_directory_symlink(root + "/nowhere", root + "/n");
  ManualClock clock;
  MemoryFiles memory(clock);
  ASSERT_FALSE(memory.make_directory("/r", 0755));
  ASSERT_FALSE(memory.make_directory("/r/d", 0755));
  memory.plant_link("/r/l", "/r/d");
  memory.plant_link("/r/n", "/r/nowhere");
  Twin fake(memory, "/r/"), real(*native().files, root + "/");
  enum : unsigned { rename, link, unlink, mkdir, rmdir, create, read, status, list };
  const struct {
    unsigned operation;
    const char *a, *b;
  } steps[] = {
      {create, "l/a", ""},    {list, "l", ""},        {list, "d", ""},      {read, "d/a", ""},
      {status, "l/a", ""},    {rename, "l/a", "l/b"}, {link, "l/b", "d/c"}, {list, "d", ""},
      {read, "l", ""},        {rmdir, "l", ""},       {mkdir, "l", ""},     {create, "l", ""},
      {mkdir, "l/e", ""},     {rmdir, "l/e", ""},     {create, "n/a", ""},  {read, "n/a", ""},
      {rename, "l/b", "n/b"}, {unlink, "l/b", ""},    {unlink, "l", ""},    {list, "d", ""}};
  for (const auto& [operation, a, b] : steps) {
    EXPECT_EQ(fake.step(operation, a, b), real.step(operation, a, b)) << operation << ' ' << a;
  }
}

}  // namespace
}  // namespace holdfast::os::testing
