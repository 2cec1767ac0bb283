//! `chainrule completions`: what a shell needs to complete commands and options.

use clap::{Args, Command};
use clap_complete::{Shell, generate};

use crate::error::CommandError;
use crate::output::StandardOutput;

/// Prints a script by which a shell completes commands and options
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

const EXAMPLES: &str = "\
Examples:
  chainrule completions bash \\
    > ~/.local/share/bash-completion/completions/chainrule
  chainrule completions zsh > ~/.zfunc/_chainrule
  chainrule completions fish \\
    > ~/.config/fish/completions/chainrule.fish
  chainrule completions powershell >> $PROFILE

The folder must be there; zsh looks into ~/.zfunc after `fpath+=~/.zfunc` and before `compinit` in ~/.zshrc.";

impl Completions {
    /// Prints it.
    pub fn run(self, mut program: Command, output: &mut StandardOutput) -> Result<(), CommandError> {
        let mut script = Vec::new();
        generate(self.shell, &mut program, "chainrule", &mut script);
        output.bytes(&script)
    }
}
