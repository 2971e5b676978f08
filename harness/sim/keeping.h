// A LeaseKeeper in the simulated world.
//
// LeaseKeeper itself has threads and a mutex of the standard library, which know nothing of virtual
// time. All that it decides is in next_keeper_move(), and that is what is played here, with two
// fibers in place of its two threads: one renews, and may be stuck in that; one watches the time.
#pragma once

#include "harness/sim/ledger.h"

namespace holdfast::harness::sim {

/// Renews the held lock, one of the library's own, for as long as its user stays inside, or until
/// it is lost.
void keep(World& world, Ledger& ledger, Observer& audience, Process& process, Contender& lock,
          Duration stay);

}  // namespace holdfast::harness::sim
