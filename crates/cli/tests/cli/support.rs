//! A folder of its own for each test, and commands that run in it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A model of a plane, for one example.
pub const PLANE: &str = "\
input   x [d]
outcome y []
param   w [d] = 0
param   b []  = 0
prediction = dot(w, x) + b
objective  = (prediction - y)^2
";

/// Rows on y = 1 + 2 x0 − x1.
pub const ON_A_PLANE: &str = "x0,x1,y\n0,0,1\n1,0,3\n0,1,0\n1,1,2\n";

/// A classifier, for one example.
pub const CLASSIFIER: &str = "\
input   x [2]
outcome y [] int
let     k = 3
param   W [k, 2] = 0
prediction = softmax(W @ x)
objective  = nll(prediction, y)
";

/// A temporary folder.
pub struct Folder(TempDir);

/// What a command left.
#[derive(Debug)]
pub struct Run {
    /// The exit code.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Folder {
    /// A folder that holds these files.
    pub fn with(files: &[(&str, &str)]) -> Folder {
        let folder = Folder(TempDir::new().expect("a temporary folder can be made"));
        files.iter().for_each(|(name, text)| folder.write(name, text.as_bytes()));
        folder
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).expect("the folder takes files");
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The names of its files, in order.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).expect("it is a folder");
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("it can be listed").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// The command, ready to run here.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chainrule"));
        command.args(arguments).current_dir(self.0.path()).stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Run {
        Run::of(&mut self.command(arguments))
    }

    /// Runs a line of words with so much memory, in KiB.
    #[cfg(unix)]
    pub fn line_in_memory(&self, kibibytes: usize, words: &str) -> Run {
        let line = format!("ulimit -v {kibibytes}; exec \"$0\" {words}");
        let mut command = Command::new("sh");
        command.args(["-c", &line, env!("CARGO_BIN_EXE_chainrule")]).current_dir(self.0.path()).stdin(Stdio::null());
        Run::of(&mut command)
    }

    /// Runs a line of words.
    pub fn line(&self, words: &str) -> Run {
        self.run(&words.split_whitespace().collect::<Vec<_>>())
    }

    /// A command must fail with this code and these words, print nothing, and leave the folder as it was.
    pub fn refuses(&self, code: i32, words: &str, says: &[&str]) {
        let contents = || self.names().into_iter().map(|name| (self.read(&name), name)).collect::<Vec<_>>();
        let before = contents();
        let run = self.line(words);
        run.failed(code, says);
        assert_eq!(run.out, "", "{words}");
        assert!(contents() == before, "{words}: changed the folder to {:?}", self.names());
    }
}

impl Run {
    fn of(command: &mut Command) -> Run {
        Run::from_output(command.output().expect("the binary was built for this test"))
    }

    /// What a command that has ended left.
    pub fn from_output(output: Output) -> Run {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it writes UTF-8");
        Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// It must have succeeded; returns what it printed.
    pub fn succeeded(&self) -> &str {
        assert_eq!(self.code, Some(0), "{self:?}");
        &self.out
    }

    /// It must have failed with this code and these words.
    pub fn failed(&self, code: i32, says: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:?}");
        let missing: Vec<&&str> = says.iter().filter(|word| !self.err.contains(**word)).collect();
        assert!(missing.is_empty(), "lacks {missing:?}: {}", self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        assert!(!self.err.contains('\u{1b}'), "colours where no terminal is: {:?}", self.err);
    }

    /// It must have succeeded; every line it printed, as JSON.
    pub fn json(&self) -> Vec<Value> {
        let line = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.succeeded().lines().map(line).collect()
    }
}

/// A number in JSON.
pub fn number(json: &Value, key: &str) -> f64 {
    json.get(key).and_then(Value::as_f64).unwrap_or_else(|| panic!("no number {key} in {json}"))
}
