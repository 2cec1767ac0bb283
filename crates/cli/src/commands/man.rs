//! `chainrule man`: a page of the manual for each command.

use std::fs;
use std::path::PathBuf;

use chainrule::learn::atomic;
use clap::{Args, Command};
use clap_mangen::Man;

use crate::error::CommandError;
use crate::output::message;

/// Writes a page of the manual for each command into a folder
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Manual {
    /// The folder, made if it is not there
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

const EXAMPLES: &str = "\
Examples:
  chainrule man ~/.local/share/man/man1
  chainrule man pages && man pages/chainrule-fit.1";

impl Manual {
    /// Writes the pages.
    pub fn run(self, mut program: Command) -> Result<(), CommandError> {
        let folder = self.folder.display();
        fs::create_dir_all(&self.folder)
            .map_err(|error| CommandError::mistake(format!("the folder {folder} cannot be made: {error}")))?;
        program.build();
        let mut commands = vec![program];
        let mut pages = 0;
        while let Some(command) = commands.pop() {
            commands.extend(command.get_subcommands().filter(|command| command.get_name() != "help").cloned());
            let name = command.get_display_name().unwrap_or(command.get_name()).to_string();
            let mut page = Vec::new();
            Man::new(command)
                .render(&mut page)
                .map_err(|error| CommandError::mistake(format!("the page of {name} cannot be made: {error}")))?;
            atomic::write(self.folder.join(format!("{name}.1")), &page)?;
            pages += 1;
        }
        message(format!("wrote {folder}: {pages} pages; man {folder}/chainrule.1 shows the first"));
        Ok(())
    }
}
