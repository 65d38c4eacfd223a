#include <filesystem>

#include "base/atomic_file.h"
#include "command.h"
#include "completion.h"
#include "man_page.h"
#include "option_facts.h"

namespace qtool {
namespace {

void write_documents(const CLI::App& program, const std::filesystem::path& folder) {
  const auto write = [&](const std::string& name, const std::string& text) {
    std::filesystem::create_directories((folder / name).parent_path());
    write_file(folder / name, text);
  };
  write("man1/" + man_page_name(program) + ".1", man_page(program));
  for (const CLI::App* command : shown_commands(program))
    write("man1/" + man_page_name(*command) + ".1", man_page(*command));
  write("bash/" + program.get_name(), bash_completion(program));
  write("zsh/_" + program.get_name(), zsh_completion(program));
}

}  // namespace

void add_documents_command(CLI::App& app) {
  auto folder = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("documents", "Write man pages and shell completions");
  command->group("");  // not in --help: the build runs it
  command->add_option("folder", *folder, "Folder for man1/, bash/ and zsh/")->required();
  command->callback([&app, folder] { write_documents(app, *folder); });
}

}  // namespace qtool
