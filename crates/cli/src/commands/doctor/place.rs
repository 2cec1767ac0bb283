//! Where the fault is: the line of the model with the part underlined, the option, the column; and what is to be changed there.

use std::ops::Range;

use chainrule::doctor::Finding;

use super::{options, wording};
use crate::format;

/// How many spaces stand before a line.
const INDENT: usize = 3;

/// Where the fault is. A line that changes is shown with the change.
pub fn text(finding: &Finding, source: &str, words: &[String]) -> String {
    let line = finding.place.as_ref().and_then(|at| Line::at(source, at));
    let node = finding.node.as_deref().map(|node| match &line {
        Some(line) => format!("`{}` in line {} of the model", format::name(node), line.number),
        None => format!("`{}` in the model", format::name(node)),
    });
    let option = finding.setting.map(|setting| options::given(setting, words));
    let column = finding.column.as_ref().map(|column| format!("column `{column}` of the table"));
    let places: Vec<String> = [node, option, column].into_iter().flatten().collect();
    let mut text = format::wrapped_at(&format!("Where: {}", places.join(", ")), INDENT);
    let changes = |line: &Line<'_>| finding.remedy.lines.iter().any(|change| change.number == line.number);
    if let Some(line) = line.filter(|line| !changes(line)) {
        text += &format!(
            "{:INDENT$}  {}\n{:INDENT$}  {}\n",
            "",
            line.text,
            "",
            underline(line.text, std::slice::from_ref(&line.mark))
        );
    }
    text
}

/// What is to be changed: lines of the model as they are, the part that changes underlined, and as they would be; options; rows.
pub fn changes(finding: &Finding) -> String {
    let mut text = String::new();
    for line in &finding.remedy.lines {
        text += &format!("{:INDENT$}Change line {}:\n{:INDENT$}- {}\n", "", line.number, "", line.before);
        let marks = underline(&line.before, &line.marks);
        if !marks.is_empty() {
            text += &format!("{:INDENT$}  {marks}\n", "");
        }
        for after in line.after.lines() {
            text += &format!("{:INDENT$}+ {after}\n", "");
        }
    }
    let changes: Vec<String> = finding.remedy.changes.iter().filter_map(wording::change).collect();
    if !changes.is_empty() {
        text += &format::wrapped_at(&format!("Change: {}", changes.join(", ")), INDENT);
    }
    text
}

/// A line of a text, and what of it is meant.
struct Line<'a> {
    number: usize,
    text: &'a str,
    mark: Range<usize>,
}

impl<'a> Line<'a> {
    /// The first line of a stretch.
    fn at(source: &'a str, at: &Range<usize>) -> Option<Line<'a>> {
        let before = source.get(..at.start)?;
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        let text = source.get(start..)?.lines().next()?.trim_end();
        let end = at.end.saturating_sub(start).min(text.len());
        Some(Line { number: before.matches('\n').count() + 1, text, mark: at.start - start..end })
    }
}

/// Carets under the marked bytes of a line; nothing where there is none.
fn underline(line: &str, marks: &[Range<usize>]) -> String {
    let below = |(index, c): (usize, char)| match marks.iter().any(|mark| mark.contains(&index)) {
        true => '^',
        false if c == '\t' => c,
        false => ' ',
    };
    line.char_indices().map(below).collect::<String>().trim_end().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_line_is_underlined() {
        let source = "input x [d]\nλ = tanh(x) * 2\n";
        let start = source.find("tanh").expect("it is there");
        let line = Line::at(source, &(start..start + 7)).expect("it is a line");
        assert_eq!((line.number, line.text), (2, "λ = tanh(x) * 2"));
        assert_eq!(underline(line.text, &[line.mark]), "    ^^^^^^^");
        assert_eq!(underline("\ta b", &[1..2, 3..9]), "\t^ ^");
        assert_eq!(underline("a b", &[]), "");
    }

    #[test]
    fn a_stretch_of_several_lines_is_shown_by_its_first() {
        let source = "a = max(x,\n  y)\n";
        let line = Line::at(source, &(4..source.len() - 1)).expect("it is a line");
        assert_eq!(underline(line.text, &[line.mark]), "    ^^^^^^");
    }
}
