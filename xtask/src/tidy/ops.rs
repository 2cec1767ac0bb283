//! Every op stands in the case table of the checker. That it has a row there is a test of the checker's own.

use std::path::Path;

use super::code::{bare, has_word, tokens};
use super::{File, files};
use crate::read;

const OPS: &str = "crates/graph/src/ops";
const TABLE: &str = "crates/check/src/cases/ops.rs";

/// The ops that the table does not name.
///
/// # Errors
/// If a file can't be read, or there are no ops.
pub fn problems(root: &Path) -> Result<Vec<String>, String> {
    let table = bare(&read(&root.join(TABLE))?);
    let sources = files(&root.join(OPS), "rs")?;
    let ops: Vec<String> = sources.iter().flat_map(variants).collect();
    if ops.is_empty() {
        return Err(format!("{OPS} holds no ops"));
    }
    let missing = ops.iter().filter(|op| !has_word(&table, op));
    Ok(missing.map(|op| format!("{TABLE}: {op} is missing; name it, and give it a row")).collect())
}

/// `Enum::Variant` for each variant of the public enums.
pub fn variants(file: &File) -> Vec<String> {
    let code = bare(&file.text);
    let mut variants = Vec::new();
    for declaration in code.split("pub enum ").skip(1) {
        let Some((name, body)) = declaration.split_once('{') else { continue };
        let mut depth = 0;
        // At the outer level a variant is the word after the opening brace or a comma.
        let mut expects = true;
        for word in tokens(body) {
            match word.text {
                "{" | "(" => depth += 1,
                "}" | ")" if depth == 0 => break,
                "}" | ")" => depth -= 1,
                "," if depth == 0 => expects = true,
                word if expects && depth == 0 => {
                    variants.push(format!("{}::{word}", name.trim()));
                    expects = false;
                }
                _ => {}
            }
        }
    }
    variants
}
