#pragma once

namespace qtool {

/// Lets large pieces of the heap go back to the system as soon as they are freed, whatever was freed
/// before. To be called before there are threads.
void return_freed_memory();

/// Gives back the memory of the program's and its libraries' code and constants: what is needed again
/// is read from the files' cached pages, the rest (a third of oneDNN's code runs only to start) is not.
void forget_code();

}  // namespace qtool
