#include "harness/checker/finding.h"

#include <cstdlib>

namespace holdfast::harness {

std::string_view name(Class of) {
  switch (of) {
    case Class::none: return "none";
    case Class::mutual_exclusion: return "mutual_exclusion";
    case Class::token_regression: return "token_regression";
    case Class::lost_update: return "lost_update";
    case Class::unfenced_late_write: return "unfenced_late_write";
    case Class::ghost_hold: return "ghost_hold";
    case Class::false_hold: return "false_hold";
    case Class::wedge: return "wedge";
    case Class::slow_recovery: return "slow_recovery";
    case Class::starvation: return "starvation";
    case Class::spurious_loss: return "spurious_loss";
    case Class::orphan: return "orphan";
    case Class::api_contract: return "api_contract";
    case Class::overstay: return "overstay";
    case Class::out_of_contract: return "out_of_contract";
    case Class::inconclusive: return "inconclusive";
    case Class::harness_error: return "harness_error";
  }
  std::abort();
}

std::string_view name(Cause of) {
  switch (of) {
    case Cause::none: return "none";
    case Cause::double_break: return "double_break";
    case Cause::stolen_release: return "stolen_release";
    case Cause::premature_break: return "premature_break";
    case Cause::false_refresh: return "false_refresh";
    case Cause::lost_reply: return "lost_reply";
    case Cause::failed_operation: return "failed_operation";
    case Cause::duplicate_grant: return "duplicate_grant";
    case Cause::server_lost_state: return "server_lost_state";
    case Cause::not_excluding: return "not_excluding";
    case Cause::unexplained: return "unexplained";
    case Cause::left_by_the_dead: return "left_by_the_dead";
    case Cause::left_by_the_living: return "left_by_the_living";
    case Cause::never_granted: return "never_granted";
    case Cause::vacuous: return "vacuous";
    case Cause::within_uncertainty: return "within_uncertainty";
    case Cause::fault_not_effective: return "fault_not_effective";
    case Cause::controller_lost: return "controller_lost";
    case Cause::told_and_left: return "told_and_left";
    case Cause::told_and_stayed: return "told_and_stayed";
    case Cause::never_told: return "never_told";
    case Cause::could_not_be_told: return "could_not_be_told";
  }
  std::abort();
}

std::string_view name(Doing of) {
  switch (of) {
    case Doing::holding: return "holding";
    case Doing::waiting: return "waiting";
    case Doing::calling: return "calling";
    case Doing::writing: return "writing";
  }
  std::abort();
}

std::string_view name(Value of) {
  switch (of) {
    case Value::unknown: return "unknown";
    case Value::valid: return "valid";
    case Value::violated: return "violated";
  }
  std::abort();
}

}  // namespace holdfast::harness
