// A lab, as those see it that use one: the controller of a run, and the command `lab`.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "harness/lab/keeper.h"
#include "harness/lab/socket.h"
#include "harness/result/result.h"

namespace holdfast::harness::lab {

/// Why this machine cannot hold a lab, and what to do about it; nothing: it can.
std::optional<std::string> what_a_lab_lacks();

class Lab {
 public:
  /// Starts a keeper; its guests boot when this comes back. The lab ends with this object, or with
  /// this process, unless keep() was called.
  ///
  /// Errors:  what the keeper said; one of this name is up.
  static Result<std::unique_ptr<Lab>> start(const LabSetup& setup);
  /// One that is up already.
  static Result<std::unique_ptr<Lab>> find(const std::string& name);
  ~Lab();
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;

  const std::string& name() const { return name_; }
  std::string folder() const { return lab_folder(name_); }
  /// The child of this process that holds the lab; 0: it is nobody's child here.
  pid_t process() const { return process_; }

  /// Asks the keeper, as keeper.h says. What it answers as a problem comes back as one.
  Result<nlohmann::json> ask(const nlohmann::json& request) const;
  /// Asks a guest, as guest_service.h says.
  Result<nlohmann::json> ask(const std::string& guest, const nlohmann::json& request,
                             std::chrono::milliseconds bound) const;
  /// The same, and the connection is the caller's.
  Result<Descriptor> begin(const std::string& guest, const nlohmann::json& request) const;

  /// Waits until the guest has become what it is to be. `go_on` is asked now and then.
  ///
  /// Errors:  it halted, with its last words; it took longer; go_on said no.
  Result<void> wait_for(const std::string& guest, std::chrono::milliseconds bound,
                        const std::function<bool()>& go_on = {}) const;
  /// Server first.
  Result<std::vector<std::string>> guests() const;
  /// It stays when this object goes.
  Result<void> keep();
  /// Ends the lab; everything of it is gone when this comes back.
  Result<void> down();

 private:
  Lab(std::string name, pid_t process, Descriptor leash)
      : name_(std::move(name)), process_(process), leash_(std::move(leash)) {}
  Result<Descriptor> reach(const std::string& guest, const nlohmann::json& request,
                           std::chrono::milliseconds bound) const;
  std::string last_words(const std::string& guest) const;

  std::string name_;
  pid_t process_ = 0;
  Descriptor leash_;  ///< the keeper's standard input
};

}  // namespace holdfast::harness::lab
