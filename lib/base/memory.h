#pragma once

#include <cstddef>
#include <memory>

namespace qtool {

/// Bytes that this process could take now without others having to give some up: what the system has
/// free, but no more than the control group that a container shows has.
std::size_t free_memory();

/// From now on this process may take `bytes` more than it has; beyond, allocating throws
/// std::bad_alloc in whatever code asks. Mapped files do not count. Processes that it starts inherit
/// the limit, which they may lift.
void limit_memory(std::size_t bytes);

/// Memory aligned to 64 bytes, with undefined content. Throws Error if there is not so much left.
std::shared_ptr<void> allocate_aligned(std::size_t bytes);

/// Lets large pieces of the heap go back to the system as soon as they are freed, whatever was freed
/// before. To be called before there are threads.
void return_freed_memory();

/// Gives back the memory of the program's and its libraries' code and constants: what is needed again
/// is read from the files' cached pages, the rest (a third of oneDNN's code runs only to start) is not.
void forget_code();

}  // namespace qtool
