//! The gorge command.

fn main() -> std::process::ExitCode {
    gorge_cli::main()
}
