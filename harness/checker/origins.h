// Whether what befell a lock goes back to a request that no call was told of (unheard.h).
//
// One such request has a train of consequences. A removal that is carried out twice takes away the
// entry of the next holder; he is told of a loss, or gives back by name what is another's by then,
// who does the same in his turn. A change of an entry's times that comes late sets its lease back,
// and whoever breaks it then is right by all that he can see. A claim that is opened once more is
// empty, and one whose removal is carried out once more, when its name is used again, is gone: its
// own holder takes the lock for another's.
#pragma once

#include <cstdint>

#include "harness/checker/evidence.h"
#include "harness/checker/trail.h"

namespace holdfast::harness {

class Origins {
 public:
  Origins(const Evidence& evidence, const Trail& trail) : evidence_(evidence), trail_(trail) {}

  // Of a deed that is not known (kNone) there is none.

  /// The removal, a deed, of the entry that the deed `take` made, by the event `last`.
  std::uint32_t removal_of(std::uint32_t take, std::uint32_t last) const;
  /// The request by which the entry that the deed `take` made came to be gone by the event `last`;
  /// nullptr: there is none, or it came to be gone otherwise.
  const Unheard* of_loss(std::uint32_t take, std::uint32_t last) const;
  /// The request because of which this removal, a deed, took away another's entry.
  const Unheard* of_release(std::uint32_t removal) const;
  /// The request by which the entry that `take` made came to look older than it was, before this
  /// removal, a deed.
  const Unheard* of_break(std::uint32_t take, std::uint32_t removal) const;

  /// The request by which the claim, of which the deed `take` made a link, was opened anew, and so
  /// emptied, or was removed, before `until_ns`: nobody can tell any more whose lock it is.
  const Unheard* of_claim(std::uint32_t take, std::int64_t until_ns) const;

 private:
  const Unheard* of_loss(std::uint32_t take, std::uint32_t last, int depth) const;
  const Unheard* of_release(std::uint32_t removal, int depth) const;
  const Unheard* repeated(std::uint32_t removal, std::uint32_t last) const;

  const Evidence& evidence_;
  const Trail& trail_;
};

/// The fault by which that request came stands first among the finding's, if it is not among them.
void show_fault(const Unheard& request, Finding& finding);

/// "the server carried out `unlink lock` once more at 4.812000 s, of which nobody was told"
std::string words_of(const Unheard& request);

}  // namespace holdfast::harness
