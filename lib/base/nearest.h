#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace qtool {

/// The names most like `wanted`, best first, at most three. Like is a name of which some part can
/// be made from `wanted` with one edit for every three of its characters; among these the fewest
/// edits to the part count first, then those to the whole name. An edit puts in, leaves out or
/// replaces a character or swaps two neighbours; upper and lower case are the same. (Damerau, "A
/// technique for computer detection and correction of spelling errors", 1964, in its optimal string
/// alignment form; parts as by Sellers, "The theory and computation of evolutionary distances",
/// 1980.)
std::vector<std::string> nearest(std::string_view wanted, const std::vector<std::string>& names);

/// For the end of a message: "; did you mean 'conv1' or 'conv2'?", or nothing if no name is near.
std::string did_you_mean(std::string_view wanted, const std::vector<std::string>& names);

}  // namespace qtool
