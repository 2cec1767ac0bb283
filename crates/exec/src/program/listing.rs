//! A program as text: what runs, on which nodes, where, and how much memory it takes.
//!
//! An instruction is a line: its kernel and sizes, then what it computes in the user's names. A node without a name is
//! called by its number in the program's graph, `%12`, and a value that a pass added by its place, `@640`.

use std::collections::HashMap;
use std::fmt;

use chainrule_graph::ops::Elementwise;
use chainrule_graph::{Graph, NodeId, Op};
use chainrule_kernels::reduce::Axis;

use super::Program;
use super::address::{Address, Space};
use super::instruction::{
    Factor, FactorAddresses, Instruction, LabelledInstruction, MatrixMatrix, ScalarOp, ScalarOperand, ScalarStep,
};
use super::interface::Literal;
use super::loop_code::{Fill, LoopCode, LoopOperand, LoopStep, StepOp};

/// Longer expressions are cut: the part so far gets a name of its own.
const LONGEST: usize = 60;

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, listed) in self.listing().iter().enumerate() {
            let (kernel, once) = (&listed.kernel, if listed.is_prologue { "once: " } else { "" });
            for (place, text) in listed.computes.iter().enumerate() {
                match place {
                    0 => writeln!(f, "{number:4}  {kernel:<18} {once}{text}")?,
                    _ => writeln!(f, "{:24} {text}", "")?,
                }
            }
        }
        self.write_memory(f)
    }
}

/// An instruction as text.
pub(crate) struct Listed {
    /// Whether it runs once a run, before the first step.
    pub is_prologue: bool,
    /// The kernel and its sizes.
    pub kernel: String,
    /// What it computes.
    pub computes: Vec<String>,
}

impl Program {
    /// The instructions as text, in the order in which they run.
    pub(crate) fn listing(&self) -> Vec<Listed> {
        let mut names = Names::of(self);
        let prologue = self.prologue.iter().map(|line| (line, true));
        let step = self.step.iter().chain(&self.write_back).map(|line| (line, false));
        let mut list = Vec::new();
        for (line, is_prologue) in prologue.chain(step) {
            let (kernel, computes) = names.line(line);
            list.push(Listed {
                is_prologue,
                kernel,
                computes: computes.iter().map(|text| on_one_line(text)).collect(),
            });
        }
        list
    }

    fn write_memory(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.precision.bytes();
        writeln!(f, "\n{:>12} {:>10}  values of {size} bytes", "place", "entries")?;
        let mut line = |place: String, entries: usize, what: String| {
            writeln!(f, "{place:>12} {entries:>10}  {}", on_one_line(&what))
        };
        for argument in &self.arguments {
            line(
                format!("@{}", argument.offset),
                argument.shape.size(),
                format!("{} {}", argument.name, argument.shape),
            )?;
        }
        for (offset, literal) in &self.literals {
            let what = if let Literal::Iota(_) = literal { "iota" } else { "constant" };
            line(format!("@{offset}"), literal.shape().size(), format!("{what} {}", literal.shape()))?;
        }
        for (number, stream) in self.streams.iter().enumerate() {
            let rows = stream.batch.map_or("1 row".into(), |batch| format!("{batch} rows"));
            line(format!("table {number}"), stream.row, format!("{rows} of {}", stream.argument.name))?;
        }
        for output in &self.outputs {
            line(output.address.to_string(), output.length, format!("reported: {}", output.name))?;
        }
        line("shared".into(), self.layout.shared, "for what is not alive at once".into())?;
        let length = self.layout.length;
        line(String::new(), length, format!("in all, {} bytes", length * size))
    }
}

/// How a node is called in a listing.
pub(crate) fn node_name(graph: &Graph, id: NodeId) -> String {
    let named = graph.node(id).name.as_deref();
    named.map_or_else(|| format!("%{}", id.index()), on_one_line)
}

/// A text whose names may hold what breaks a line, or moves what follows: such characters as their escapes.
fn on_one_line(text: &str) -> String {
    let moves = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let shown = |c: char| if moves(c) { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(shown).collect()
}

/// What lies where, as the lines go by.
struct Names<'a> {
    program: &'a Program,
    names: HashMap<usize, String>,
}

impl<'a> Names<'a> {
    fn of(program: &'a Program) -> Names<'a> {
        let arguments = program.arguments.iter().map(|argument| (argument.offset, argument.name.clone()));
        let literals = program.literals.iter().map(|(offset, literal)| match literal {
            Literal::Constant(value) if value.data().len() == 1 => (*offset, value.item().to_string()),
            Literal::Iota(1) => (*offset, "0".into()),
            _ => (*offset, format!("@{offset}")),
        });
        // A batch of rows, and a row of one number, are brought into the arena.
        let gathered = program.streams.iter().filter(|stream| stream.is_gathered());
        let gathered = gathered.map(|stream| (stream.argument.offset, stream.argument.name.clone()));
        Names { program, names: gathered.chain(arguments).chain(literals).collect() }
    }

    fn name(&self, at: Address) -> String {
        match at.space {
            Space::Row(table) => {
                let name = &self.program.streams[table as usize].argument.name;
                if at.offset == 0 { name.clone() } else { format!("{name}+{}", at.offset) }
            }
            Space::Arena => self.names.get(&at.offset).cloned().unwrap_or_else(|| at.to_string()),
        }
    }

    /// The name of a result, which its place has from now on. A parameter's place keeps its name.
    fn result(&mut self, line: &LabelledInstruction, out: usize) -> String {
        let part = |start: usize, name: &str| match out - start {
            0 => name.to_string(),
            by => format!("{name}+{by}"),
        };
        let holds = |start: usize, size: usize| (start..start + size).contains(&out);
        if let Some(argument) =
            self.program.arguments.iter().find(|argument| holds(argument.offset, argument.shape.size()))
        {
            return part(argument.offset, &argument.name);
        }
        let place = |id: &NodeId| match self.program.layout.addresses[id.index()] {
            Some(Address { space: Space::Arena, offset }) => {
                let node = self.program.graph.node(*id);
                holds(offset, node.shape.size()).then(|| part(offset, &node_name(&self.program.graph, *id)))
            }
            _ => None,
        };
        let name = line.nodes.iter().rev().find_map(place).unwrap_or_else(|| format!("@{out}"));
        self.names.insert(out, name.clone());
        name
    }

    /// The kernel of a line, and what it computes.
    fn line(&mut self, line: &LabelledInstruction) -> (String, Vec<String>) {
        let what = |Axis { outer, n, inner }: Axis| format!("[{outer}, {n}, {inner}]");
        let (kernel, value, out) = match &line.instruction {
            Instruction::Scalars(steps) => return ("scalars".into(), self.scalars(line, steps)),
            Instruction::Loop(code) => {
                let sum = code.sum.map_or(String::new(), |sum| format!(", sum {}", what(sum.axis)));
                return (format!("loop {}{sum}", code.size), self.fused(line, code));
            }
            &Instruction::Dot { x, y, length, out } => {
                (format!("dot {length}"), format!("{} · {}", self.name(x), self.name(y)), out)
            }
            &Instruction::TwoDots { x, y, z, length, outs } => {
                let values = [y, z].map(|other| format!("{} · {}", self.name(x), self.name(other)));
                let texts =
                    outs.iter().zip(values).map(|(&out, value)| format!("{} = {value}", self.result(line, out)));
                return (format!("two dots {length}"), texts.collect());
            }
            &Instruction::Axpy { factor, x, length, y, factors } => {
                let product = format!("{} · {}", self.name(factor), self.name(x));
                (format!("axpy {length}"), self.accumulated(factors, product, y), y)
            }
            &Instruction::MatrixVector { matrix, rows, columns, transposed, x, out, factors } => {
                let turned = if transposed { "ᵀ" } else { "" };
                let product = format!("{}{turned} {}", self.name(matrix), self.name(x));
                (format!("gemv {rows}×{columns}"), self.accumulated(factors, product, out), out)
            }
            &Instruction::Outer { x, y, rows, columns, out, factors } => {
                let product = format!("{} {}ᵀ", self.name(x), self.name(y));
                (format!("rank-1 {rows}×{columns}"), self.accumulated(factors, product, out), out)
            }
            Instruction::MatrixMatrix(product) => {
                let MatrixMatrix { m, n, k, lhs, rhs, out, batches, factors, .. } = &**product;
                let times: String = batches.iter().map(|(n, _)| format!(", {n} times")).collect();
                let product = format!("{} {}", self.name(lhs.at), self.name(rhs.at));
                (format!("gemm {m}×{n}×{k}{times}"), self.accumulated(*factors, product, *out), *out)
            }
            Instruction::AxisOp { op, input, axis, out } => {
                let name = Op::Reduce(op.clone());
                let kernel = format!("{} {}", name.name(), what(*axis));
                (kernel, format!("{}({})", name.name(), self.name(*input)), *out)
            }
            Instruction::Gather { table, indices, dimensions, out } => {
                let kernel = format!("gather {} of {}", dimensions.batches * dimensions.count, dimensions.size);
                (kernel, format!("gather({}, {})", self.name(*table), self.name(*indices)), *out)
            }
            Instruction::ScatterAdd { indices, entries, dimensions, out } => {
                let kernel = format!("scatter {} of {}", dimensions.batches * dimensions.count, dimensions.size);
                (kernel, format!("scatter_add({}, {})", self.name(*entries), self.name(*indices)), *out)
            }
            &Instruction::Transpose { input, rows, columns, out } => {
                (format!("transpose {rows}×{columns}"), format!("{}ᵀ", self.name(input)), out)
            }
            &Instruction::Clear { out, length } => (format!("clear {length}"), "0".into(), out),
            Instruction::Block(block) => {
                let size: usize = block.runs.iter().map(|run| run.0).product();
                return (format!("copy {size}"), vec![self.block(line, block.source, block.out)]);
            }
            Instruction::Custom(code) => {
                let name = Op::Custom(code.op.clone()).name().to_string();
                let inputs: Vec<String> = code.inputs.iter().map(|(at, _)| self.name(*at)).collect();
                (format!("custom {}", code.shape), format!("{name}({})", inputs.join(", ")), code.out)
            }
        };
        let result = self.result(line, out);
        (kernel, vec![format!("{result} = {value}")])
    }

    /// A block goes to a part of its node's value, or to a parameter.
    fn block(&mut self, line: &LabelledInstruction, source: Address, out: usize) -> String {
        format!("{} = {}", self.result(line, out), self.name(source))
    }

    /// `keep · out + scale · product`
    fn accumulated(&self, factors: FactorAddresses, product: String, out: usize) -> String {
        let scaled = match factors.scale {
            Factor::Stored(at) => format!("{} · {product}", self.name(at)),
            Factor::One | Factor::Zero => product,
        };
        let old = self.name(Address { space: Space::Arena, offset: out });
        match factors.keep {
            Factor::Zero => scaled,
            Factor::One => format!("{old} + {scaled}"),
            Factor::Stored(at) => format!("{} · {old} + {scaled}", self.name(at)),
        }
    }

    fn scalars(&mut self, line: &LabelledInstruction, steps: &[ScalarStep]) -> Vec<String> {
        let mut texts = Vec::with_capacity(steps.len());
        let mut last = String::new();
        for step in steps {
            let operands = step.operands.map(|operand| Text {
                text: match operand {
                    ScalarOperand::Last => last.clone(),
                    ScalarOperand::Stored(at) => self.name(at),
                },
                is_compound: false,
            });
            let value = match step.op {
                ScalarOp::Copy => operands[0].text.clone(),
                ScalarOp::Neg => entry(Elementwise::Neg, &operands),
                ScalarOp::Add => entry(Elementwise::Add, &operands),
                ScalarOp::Sub => entry(Elementwise::Sub, &operands),
                ScalarOp::Mul => entry(Elementwise::Mul, &operands),
                ScalarOp::Div => entry(Elementwise::Div, &operands),
                ScalarOp::Square => format!("{}^2", operands[0].text),
                ScalarOp::MulAdd => multiply_add(&operands),
                ScalarOp::NegMulAdd => negative_multiply_add(&operands),
                ScalarOp::Other(op) => entry(op, &operands),
            };
            last = self.result(line, step.out);
            texts.push(format!("{last} = {value}"));
        }
        texts
    }

    /// The results of a fused loop as expressions; a part that is read twice, or is long, gets a name.
    fn fused(&mut self, line: &LabelledInstruction, code: &LoopCode) -> Vec<String> {
        let mut texts = Vec::new();
        let mut registers = vec![Text { text: String::new(), is_compound: false }; code.registers];
        for Fill { at, runs, register } in &code.fills {
            let runs: Vec<String> = runs.iter().map(|(n, stride)| format!("{n}·{stride}")).collect();
            registers[*register].text = format!("{}[{}]", self.name(*at), runs.join(", "));
        }
        for (place, LoopStep { op, operands, register }) in code.steps.iter().enumerate() {
            let operands = operands.map(|operand| self.operand(operand, &registers));
            let (value, is_compound) = match op {
                StepOp::Copy => (operands[0].text.clone(), operands[0].is_compound),
                StepOp::MulAdd => (multiply_add(&operands), true),
                StepOp::NegMulAdd => (negative_multiply_add(&operands), true),
                StepOp::Elementwise(op) => (entry(*op, &operands), infix(*op).is_some() || *op == Elementwise::Neg),
            };
            let value = Text { text: value, is_compound };
            registers[*register] = if reads(code, place) > 1 || value.text.chars().count() > LONGEST {
                texts.push(format!("t{place} = {}", value.text));
                Text { text: format!("t{place}"), is_compound: false }
            } else {
                value
            };
        }
        if let Some(sum) = code.sum {
            let value = self.operand(sum.operand, &registers).text;
            texts.push(format!("{} = sum({value})", self.result(line, sum.out)));
        }
        let values: Vec<String> = code.stores.iter().map(|s| self.operand(s.operand, &registers).text).collect();
        for (store, value) in code.stores.iter().zip(values) {
            texts.push(format!("{} = {value}", self.result(line, store.out)));
        }
        texts
    }

    fn operand(&self, operand: LoopOperand, registers: &[Text]) -> Text {
        let text = match operand {
            LoopOperand::Register(register) => return registers[register].clone(),
            LoopOperand::Elements(at) | LoopOperand::Scalar(at) => self.name(at),
            LoopOperand::Absent => String::new(),
        };
        Text { text, is_compound: false }
    }
}

/// An expression, and whether it needs parentheses as an operand. Shows with them.
#[derive(Clone)]
struct Text {
    text: String,
    is_compound: bool,
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_compound { write!(f, "({})", self.text) } else { f.write_str(&self.text) }
    }
}

fn infix(op: Elementwise) -> Option<&'static str> {
    match op {
        Elementwise::Add => Some("+"),
        Elementwise::Sub => Some("-"),
        Elementwise::Mul => Some("·"),
        Elementwise::Div => Some("/"),
        _ => None,
    }
}

fn entry(op: Elementwise, operands: &[Text; 3]) -> String {
    let [a, b, _] = operands;
    if let Some(sign) = infix(op) {
        return format!("{a} {sign} {b}");
    }
    match op {
        Elementwise::Neg => format!("-{a}"),
        Elementwise::Power(exponent) => format!("{a}^{}", exponent.0),
        _ => {
            let given: Vec<&str> = operands.iter().map(|o| o.text.as_str()).take(arity(op)).collect();
            format!("{}({})", Op::Elementwise(op).name(), given.join(", "))
        }
    }
}

fn multiply_add([a, b, c]: &[Text; 3]) -> String {
    format!("{a} · {b} + {}", c.text)
}

fn negative_multiply_add([a, b, c]: &[Text; 3]) -> String {
    format!("{} - {a} · {b}", c.text)
}

fn arity(op: Elementwise) -> usize {
    use Elementwise::*;
    match op {
        Where => 3,
        Add | Sub | Mul | Div | Pow | Max | Min | Less | LessEqual | Equal | NotEqual => 2,
        _ => 1,
    }
}

/// How often the result of a step is read before its register is written again.
fn reads(code: &LoopCode, place: usize) -> usize {
    let register = code.steps[place].register;
    let is_it = |operand: &&LoopOperand| **operand == LoopOperand::Register(register);
    let mut count = 0;
    for step in &code.steps[place + 1..] {
        count += step.operands.iter().filter(is_it).count();
        if step.register == register {
            return count;
        }
    }
    let ends = code.stores.iter().map(|store| &store.operand).chain(code.sum.as_ref().map(|sum| &sum.operand));
    count + ends.filter(is_it).count()
}
