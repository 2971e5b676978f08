// The server: carries out requests in a real directory, one after the other.
//
// It answers what that directory's own file system answers, in the way that its manners allow: with
// times by the server's clock, and with link counts and inode numbers that may lie. It knows no
// host and no fault. Nobody else changes what is in the directory while it is being served; files
// that somebody puts there all the same are seen, like on a server where somebody works locally.
#pragma once

#include <dirent.h>

#include <memory>
#include <optional>
#include <string>

#include "harness/sharedmount/journal.h"
#include "harness/sharedmount/manners.h"
#include "harness/sharedmount/request.h"
#include "harness/sharedmount/server_clock.h"

namespace holdfast::harness::mount {

class Store {
 public:
  /// Serves `directory`, which must exist. A server that forgets keeps what it may have to undo
  /// beside it, in "DIRECTORY.past".
  static Result<std::unique_ptr<Store>> open(const std::string& directory, const Manners& manners);

  const NodePtr& root() const { return root_; }
  Reply execute(const Request& request);
  /// The node that a name leads to, if it is known to anybody; nothing is asked of it.
  NodePtr known(const Node& directory, const std::string& name);
  /// The file as a look at one of its names would show it, also where none is left.
  Reply shown(const NodePtr& node);

  /// Takes back the last acknowledged changes: which, the newest first. None where the server does
  /// not forget.
  std::vector<Forgotten> forget(std::size_t changes);

  ServerClock& clock() { return clock_; }
  const Manners& manners() const { return manners_; }

 private:
  explicit Store(const Manners& manners) : manners_(manners), clock_(manners.tick) {}

  /// A rename of a file, from where it is by now.
  Reply move(const Request& request);

  // Each gives an errno, 0 for success.
  int carry_out(const Request& request, Reply& reply);
  int noted(const Request& request, Reply& reply);
  /// The file that a create is to empty, not to make; none: it makes it, or leaves it as it is.
  NodePtr to_be_emptied(const Request& request);
  int look_up(const Request& request, Reply& reply);
  int tell_status(const Request& request, Reply& reply);
  int read_link(const Request& request, Reply& reply);
  int list(const Request& request, Reply& reply);
  int open_file(const Request& request, Reply& reply);
  int read(const Request& request, Reply& reply);
  int write(const Request& request, Reply& reply);
  int tell_system(Reply& reply);
  int create(const Request& request, Reply& reply);
  int make(const Request& request, Reply& reply);
  int remove(const Request& request);
  int rename(const Request& request, Reply& reply);
  int link(const Request& request, Reply& reply);
  int set(const Request& request, Reply& reply);
  int set_times(const Request& request);

  /// The name in the directory that `name` stands for, where case does not matter.
  std::string actual(const Node& directory, const std::string& name) const;
  int reach(const NodePtr& directory, const std::string& name, Reply& reply);
  int fill(const NodePtr& node, Reply& reply);
  NodeKey key_of(const struct stat& status, const Node& directory, const std::string& name) const;
  ino_t inode_of(const dirent& entry, const Node& directory) const;
  /// As clients see it; zeroes `backing` where it is what a client gave.
  timespec shown(timespec& backing, const std::optional<timespec>& given) const;
  TrueTimes show(const Node* node, struct stat& status) const;
  void note_removal(Node& victim);
  Change change_of(const Node& node, const struct stat& shown) const;
  std::optional<Change> change_of(const Node& node) const;

  Manners manners_;
  ServerClock clock_;
  Nodes nodes_;
  std::unique_ptr<Journal> journal_;  // none: nothing is forgotten
  NodePtr root_;
};

}  // namespace holdfast::harness::mount
