// A story as data, for pages that show it: story.json, which reports/story.schema.json describes.
#pragma once

#include <string>

#include "harness/sim/story.h"

namespace holdfast::harness::sim {

/// Of the schedule that the story's stage has run last.
std::string story_json(const Story& story);

}  // namespace holdfast::harness::sim
