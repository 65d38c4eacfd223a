#include "ops/tree_ensemble.h"

#include <array>
#include <map>

#include "ops/elements.h"
#include "ops/ml_scores.h"

namespace qtool {
namespace {

namespace ref = reference;

using Ints = std::vector<int64_t>;

constexpr std::array<std::string_view, 8> kBranches = {"BRANCH_LEQ",    "BRANCH_LT", "BRANCH_GTE",
                                                       "BRANCH_GT",     "BRANCH_EQ", "BRANCH_NEQ",
                                                       "BRANCH_MEMBER", "LEAF"};

ref::Branch branch_of(const std::string& name) {
  for (std::size_t i = 0; i < kBranches.size(); ++i)
    if (kBranches[i] == name) return static_cast<ref::Branch>(i);
  fail("node mode '{}' is not known", name);
}

// A list attribute that must have `size` entries; if `optional`, it may be left out and is then 0.
Ints read_ints(const BindContext& context, const std::string& name, std::size_t size,
               bool optional = false) {
  auto list = context.attribute<Ints>(name, {});
  if (optional && list.empty()) list.resize(size, 0);
  if (list.size() != size)
    fail("attribute '{}' has {} entries, expected {}", name, list.size(), size);
  return list;
}

std::size_t checked_place(int64_t place, std::size_t size, const char* what) {
  if (place < 0 || static_cast<std::size_t>(place) >= size)
    fail("{} {} does not exist", what, place);
  return static_cast<std::size_t>(place);
}

void set_feature(TreeEnsemble& trees, ref::TreeNode& node, int64_t feature) {
  const auto limit = std::size_t{1} << 40;
  node.feature = checked_place(feature, limit, "feature");
  trees.features = std::max(trees.features, node.feature + 1);
}

// Tree and number within it.
using Key = std::pair<int64_t, int64_t>;
using Places = std::map<Key, std::size_t>;

std::size_t find_node(const Places& places, const Key& key) {
  const auto found = places.find(key);
  if (found == places.end()) fail("tree {} has no node {}", key.first, key.second);
  return found->second;
}

// The first node listed of each tree is its root.
Places index_nodes(const Ints& trees, const Ints& numbers, std::vector<std::size_t>& roots) {
  Places places;
  std::map<int64_t, std::size_t> first;
  for (std::size_t i = 0; i < trees.size(); ++i) {
    if (!places.emplace(Key{trees[i], numbers[i]}, i).second)
      fail("tree {} has two nodes {}", trees[i], numbers[i]);
    first.emplace(trees[i], i);
  }
  for (const auto& [tree, root] : first) roots.push_back(root);
  return places;
}

void read_weights(const BindContext& context, const std::string& kind, const Places& places,
                  std::size_t targets, TreeEnsemble& trees) {
  const std::vector<double> weights = read_numbers(context, kind + "_weights");
  const Ints owners = read_ints(context, kind + "_treeids", weights.size());
  const Ints numbers = read_ints(context, kind + "_nodeids", weights.size());
  const Ints ids = read_ints(context, kind + "_ids", weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i)
    trees.nodes[find_node(places, {owners[i], numbers[i]})].weights.push_back(
        {checked_place(ids[i], targets, kind.c_str()), weights[i]});
}

// Inner nodes stand first, then the leaves; `place` counts within either.
std::size_t child(int64_t is_leaf, int64_t place, std::size_t inner, std::size_t leaves) {
  return is_leaf != 0 ? inner + checked_place(place, leaves, "leaf")
                      : checked_place(place, inner, "node");
}

// Sets of members stand one after another, each ended by a NaN.
void read_members(const BindContext& context, std::vector<ref::TreeNode>& nodes) {
  const auto* attribute = find_attribute<Constant>(context.node, "membership_values");
  const std::vector<double> members =
      attribute == nullptr ? std::vector<double>() : to_doubles(*attribute->tensor);
  auto next = members.begin();
  for (ref::TreeNode& node : nodes) {
    if (node.branch != ref::Branch::kMember) continue;
    while (next != members.end() && *next == *next) node.members.push_back(*next++);
    if (next == members.end()) fail("membership_values has too few sets");
    ++next;
  }
}

const Tensor& required_tensor(const BindContext& context, std::string_view name) {
  const auto* attribute = find_attribute<Constant>(context.node, name);
  if (attribute == nullptr) fail("attribute '{}' is missing", name);
  return *attribute->tensor;
}

}  // namespace

TreeEnsemble read_named_trees(const BindContext& context, const std::string& kind,
                              std::size_t targets) {
  const auto modes = context.attribute<std::vector<std::string>>("nodes_modes", {});
  const std::size_t count = modes.size();
  const auto ints = [&](const char* name) { return read_ints(context, name, count); };
  const Ints owners = ints("nodes_treeids");
  const Ints features = ints("nodes_featureids");
  const Ints yes = ints("nodes_truenodeids");
  const Ints no = ints("nodes_falsenodeids");
  const Ints nan = read_ints(context, "nodes_missing_value_tracks_true", count, true);
  const std::vector<double> splits = read_numbers(context, "nodes_values");
  if (splits.size() != count) fail("{} nodes_values for {} nodes", splits.size(), count);
  TreeEnsemble trees;
  const Places places = index_nodes(owners, ints("nodes_nodeids"), trees.roots);
  for (std::size_t i = 0; i < count; ++i) {
    ref::TreeNode node{.branch = branch_of(modes[i]), .split = splits[i]};
    if (node.branch == ref::Branch::kMember) fail("node mode '{}' is not known", modes[i]);
    if (node.branch != ref::Branch::kLeaf) {
      set_feature(trees, node, features[i]);
      node.yes = find_node(places, {owners[i], yes[i]});
      node.no = find_node(places, {owners[i], no[i]});
      node.nan_is_yes = nan[i] != 0;
    }
    trees.nodes.push_back(std::move(node));
  }
  read_weights(context, kind, places, targets, trees);
  return trees;
}

TreeEnsemble read_trees(const BindContext& context, std::size_t targets) {
  const Ints modes = to_int64s(required_tensor(context, "nodes_modes"));
  const std::vector<double> splits = to_doubles(required_tensor(context, "nodes_splits"));
  const std::vector<double> weights = to_doubles(required_tensor(context, "leaf_weights"));
  const std::size_t inner = modes.size();
  if (splits.size() != inner) fail("{} nodes_splits for {} nodes", splits.size(), inner);
  const auto ints = [&](const char* name) { return read_ints(context, name, inner); };
  const Ints features = ints("nodes_featureids");
  const Ints yes = ints("nodes_truenodeids");
  const Ints no = ints("nodes_falsenodeids");
  const Ints yes_leaf = ints("nodes_trueleafs");
  const Ints no_leaf = ints("nodes_falseleafs");
  const Ints nan = read_ints(context, "nodes_missing_value_tracks_true", inner, true);
  const Ints ids = read_ints(context, "leaf_targetids", weights.size());
  TreeEnsemble trees;
  for (std::size_t i = 0; i < inner; ++i) {
    ref::TreeNode node{.branch = static_cast<ref::Branch>(checked_place(modes[i], 7, "mode")),
                       .split = splits[i],
                       .yes = child(yes_leaf[i], yes[i], inner, weights.size()),
                       .no = child(no_leaf[i], no[i], inner, weights.size()),
                       .nan_is_yes = nan[i] != 0};
    set_feature(trees, node, features[i]);
    trees.nodes.push_back(std::move(node));
  }
  read_members(context, trees.nodes);
  for (std::size_t i = 0; i < weights.size(); ++i)
    trees.nodes.push_back({.weights = {{checked_place(ids[i], targets, "target"), weights[i]}}});
  for (const int64_t root : context.attribute<Ints>("tree_roots", {}))
    trees.roots.push_back(checked_place(root, inner, "node"));
  return trees;
}

}  // namespace qtool
