//! A program as text: what runs, on which nodes, where, and how much memory it takes.
//!
//! An instruction is a line: its kernel and sizes, then what it computes in the user's names. A value without a name is
//! called by its node's number in the program's graph, `%12`, or `%12_1` if it is the second output of that, and one that a
//! pass added by its address, `@640`.

use std::collections::HashMap;
use std::fmt;

use chainrule_graph::ops::Elementwise;
use chainrule_graph::{Graph, NodeId, Op, Value};
use chainrule_kernels::reduce::Axis;

use super::Program;
use super::address::{Address, Space};
use super::expression::Expression;
use super::instruction::{
    Factor, FactorAddresses, Instruction, LabelledInstruction, MatrixMatrix, ScalarOp, ScalarOperand, ScalarStep,
};
use super::interface::Literal;
use super::loop_code::{Fill, LoopCode, LoopOperand, LoopStep, StepOp};
use super::window_code::{RowLayout, TermLayout};

/// Longer expressions are cut: the part so far gets a name of its own.
const LONGEST: usize = 60;

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, listed) in self.listing().iter().enumerate() {
            let (kernel, when) = (&listed.kernel, if listed.is_prologue { "prologue: " } else { "" });
            for (line, text) in listed.computes.iter().enumerate() {
                match line {
                    0 => writeln!(f, "{number:4}  {kernel:<18} {when}{text}")?,
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
        let prologue = self.prologue.iter().map(|labelled| (labelled, true));
        let step = self.step.iter().chain(&self.write_back).map(|labelled| (labelled, false));
        let listed = prologue.chain(step).map(|(labelled, is_prologue)| {
            let (kernel, computes) = names.instruction(labelled);
            Listed { is_prologue, kernel, computes: computes.iter().map(|text| on_one_line(text)).collect() }
        });
        listed.collect()
    }

    fn write_memory(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.precision.bytes();
        writeln!(f, "\n{:>12} {:>10}  values of {size} bytes", "address", "elements")?;
        let mut line = |address: String, elements: usize, what: String| {
            writeln!(f, "{address:>12} {elements:>10}  {}", on_one_line(&what))
        };
        for argument in &self.arguments {
            line(
                format!("@{}", argument.offset),
                argument.size(),
                format!("{} {}", argument.listed, argument.takes.shape),
            )?;
        }
        for (offset, literal) in &self.literals {
            let what = if let Literal::Iota(_) = literal { "iota" } else { "constant" };
            line(format!("@{offset}"), literal.shape().size(), format!("{what} {}", literal.shape()))?;
        }
        for (number, stream) in self.streams.iter().enumerate() {
            let rows = stream.batch.map_or("1 row".into(), |batch| format!("{batch} rows"));
            line(format!("table {number}"), stream.row, format!("{rows} of {}", stream.argument.listed))?;
        }
        for output in &self.outputs {
            line(format!("@{}", output.offset), output.length, format!("reported: {}", output.described))?;
        }
        line("shared".into(), self.shared_length, "for what is not alive at once".into())?;
        let length = self.arena_length;
        line(String::new(), length, format!("in all, {} bytes", length * size))
    }
}

/// How a value is called in a listing: by its name, or by its node, and which output of that it is unless the first.
pub(crate) fn value_name(graph: &Graph, value: impl Into<Value>) -> String {
    let Value { node, output } = value.into();
    match (graph.name(Value { node, output }), output) {
        (Some(name), _) => on_one_line(name),
        (None, 0) => format!("%{}", node.index()),
        (None, output) => format!("%{}_{output}", node.index()),
    }
}

/// A text whose names may hold what breaks a line, or moves what follows: such characters as their escapes.
fn on_one_line(text: &str) -> String {
    let moves = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let shown = |c: char| if moves(c) { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(shown).collect()
}

/// What lies where, as the instructions go by.
struct Names<'a> {
    program: &'a Program,
    names: HashMap<usize, String>,
}

impl<'a> Names<'a> {
    fn of(program: &'a Program) -> Names<'a> {
        let arguments = program.arguments.iter().map(|argument| (argument.offset, argument.listed.clone()));
        let literals = program.literals.iter().map(|(offset, literal)| match literal {
            Literal::Constant(value) if value.data().len() == 1 => (*offset, value.item().to_string()),
            Literal::Iota(1) => (*offset, "0".into()),
            _ => (*offset, format!("@{offset}")),
        });
        // A batch of rows, and a row of one element, are brought into the arena.
        let gathered = program.streams.iter().filter(|stream| stream.is_gathered());
        let gathered = gathered.map(|stream| (stream.argument.offset, stream.argument.listed.clone()));
        Names { program, names: gathered.chain(arguments).chain(literals).collect() }
    }

    fn name(&self, address: Address) -> String {
        match address.space {
            Space::Row(table) => {
                let name = &self.program.streams[table as usize].argument.listed;
                if address.offset == 0 { name.clone() } else { format!("{name}+{}", address.offset) }
            }
            Space::Arena => self.names.get(&address.offset).cloned().unwrap_or_else(|| address.to_string()),
        }
    }

    /// The name of a result, which its address has from now on. A parameter's address keeps its name.
    fn result(&mut self, labelled: &LabelledInstruction, out: usize) -> String {
        let part = |start: usize, name: &str| match out - start {
            0 => name.to_string(),
            by => format!("{name}+{by}"),
        };
        let holds = |start: usize, size: usize| (start..start + size).contains(&out);
        if let Some(argument) = self.program.arguments.iter().find(|argument| holds(argument.offset, argument.size())) {
            return part(argument.offset, &argument.listed);
        }
        let graph = &self.program.graph;
        let of_value = |value: Value| match self.program.value_addresses[graph.value_index(value)] {
            Some(Address { space: Space::Arena, offset }) => {
                holds(offset, graph.shape(value).size()).then(|| part(offset, &value_name(graph, value)))
            }
            _ => None,
        };
        let outputs =
            |id: &NodeId| (0..graph.node(*id).outputs.len()).map(|index| id.output(index)).collect::<Vec<_>>();
        let name =
            labelled.nodes.iter().rev().flat_map(outputs).find_map(of_value).unwrap_or_else(|| format!("@{out}"));
        self.names.insert(out, name.clone());
        name
    }

    /// The kernel of an instruction, and what it computes.
    fn instruction(&mut self, labelled: &LabelledInstruction) -> (String, Vec<String>) {
        let sizes = |Axis { outer, n, inner }: Axis| format!("[{outer}, {n}, {inner}]");
        let (kernel, value, out) = match &labelled.instruction {
            Instruction::Scalars(steps) => return ("scalars".into(), self.scalars(labelled, steps)),
            Instruction::Loop(code) => {
                let sum = code.sums.first().map_or(String::new(), |sum| format!(", sum {}", sizes(sum.axis)));
                return (format!("loop {}{sum}", code.size), self.fused(labelled, code));
            }
            &Instruction::Dot { x, y, length, out } => {
                (format!("dot {length}"), format!("{} · {}", self.name(x), self.name(y)), out)
            }
            &Instruction::TwoDots { x, y, z, length, outs } => {
                let values = [y, z].map(|other| format!("{} · {}", self.name(x), self.name(other)));
                let texts =
                    outs.iter().zip(values).map(|(&out, value)| format!("{} = {value}", self.result(labelled, out)));
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
                let product = format!("{} {}", self.name(lhs.address), self.name(rhs.address));
                (format!("gemm {m}×{n}×{k}{times}"), self.accumulated(*factors, product, *out), *out)
            }
            Instruction::WindowProduct(code) => {
                let (m, n) = (code.product().rows(), code.columns);
                let product = format!("windows({}) {}", self.name(code.windows), self.name(code.matrix));
                (format!("windows {m}×{n}×{}", code.work() / (m * n)), product, code.out)
            }
            Instruction::RowProduct(code) => {
                let RowLayout { columns, terms, .. } = &code.layout;
                let times = times(code.layout.repetitions());
                let kernel = format!("windows {}×{columns}×{}{times}", code.layout.product().rows(), terms.len());
                (kernel, format!("windows({}) {}", self.name(code.windows), self.name(code.matrix)), code.out)
            }
            Instruction::TermProduct(code) => {
                let TermLayout { rows, columns, .. } = &code.layout;
                let (terms, times) = (code.layout.terms(), times(code.layout.repetitions()));
                let kernel = format!("windows {}×{}×{terms}{times}", rows.len(), columns.len());
                (kernel, format!("windows({}) {}", self.name(code.windows), self.name(code.matrix)), code.out)
            }
            Instruction::AxisOp { op, input, axis, out, .. } => {
                let name = op.signature().name;
                let kernel = format!("{name} {}", sizes(*axis));
                (kernel, format!("{name}({})", self.name(*input)), *out)
            }
            Instruction::Gather { table, indices, dimensions, out } => {
                let kernel = format!("gather {} of {}", dimensions.batches * dimensions.count, dimensions.size);
                (kernel, format!("gather({}, {})", self.name(*table), self.name(*indices)), *out)
            }
            Instruction::ScatterAdd { indices, elements, dimensions, out } => {
                let kernel = format!("scatter {} of {}", dimensions.batches * dimensions.count, dimensions.size);
                (kernel, format!("scatter_add({}, {})", self.name(*elements), self.name(*indices)), *out)
            }
            &Instruction::Clear { out, length } => (format!("clear {length}"), "0".into(), out),
            Instruction::Copy(copy) => {
                let source = self.name(copy.source);
                self.result(labelled, copy.start()); // of which what reads the whole is called
                match copy.transposes() {
                    Some((rows, columns)) => (format!("transpose {rows}×{columns}"), format!("{source}ᵀ"), copy.out),
                    None => (format!("copy {}", copy.size()), source, copy.out),
                }
            }
            Instruction::Pad(code) => {
                (format!("pad {}", code.length), format!("pad({})", self.name(code.source)), code.out)
            }
            Instruction::Scan(code) => {
                let operands = code.carries.iter().chain(&code.sequences).chain(&code.constants);
                let inputs: Vec<String> = operands.map(|operand| self.name(operand.address)).collect();
                let results: Vec<String> = code.outs.iter().map(|out| self.result(labelled, *out)).collect();
                let mut lines = vec![format!("{} = scan({})", results.join(", "), inputs.join(", "))];
                for listed in code.program.listing() {
                    let kernel = if listed.is_prologue { format!("once: {}", listed.kernel) } else { listed.kernel };
                    lines.extend(listed.computes.iter().map(|text| format!("  {kernel:<16} {text}")));
                }
                let backwards = if code.reverse { " backwards" } else { "" };
                let shares = if code.shares > 1 { format!(", {} shares", code.shares) } else { String::new() };
                return (format!("scan {} steps{backwards}{shares}", code.length), lines);
            }
            Instruction::Fold(fold) => {
                let size: usize = fold.runs.iter().map(|run| run.n).product();
                (format!("fold {size}"), format!("fold({})", self.name(fold.windows)), fold.out)
            }
            Instruction::BestOfWindows(code) => {
                let (name, count) = (code.op.signature().name, code.count());
                let kernel = format!("{name} {count} of {}", code.entries.len());
                (kernel, format!("{name}(windows({}))", self.name(code.windows)), code.out)
            }
            Instruction::GradientOfBest(code) => {
                let (elements, windows) = (self.name(code.elements), self.name(code.windows));
                let value = format!("fold({elements} at {} of {windows})", code.extreme);
                (format!("fold {} of {}", code.count(), code.entries.len()), value, code.out)
            }
            Instruction::Random(code) => {
                let inputs = [code.key, code.example].into_iter().chain(code.steps.iter().copied());
                let inputs: Vec<String> = inputs.map(|address| self.name(address)).collect();
                let value = format!("random({})", inputs.join(", "));
                (format!("random {}×{}", code.count, code.size), value, code.out)
            }
            Instruction::Custom(code) => {
                let name = Op::Custom(code.op.clone()).name().to_string();
                let inputs: Vec<String> = code.inputs.iter().map(|(address, _)| self.name(*address)).collect();
                let shapes: Vec<String> = code.outs.iter().map(|(shape, _)| shape.to_string()).collect();
                let results: Vec<String> = code.outs.iter().map(|(_, out)| self.result(labelled, *out)).collect();
                let text = format!("{} = {name}({})", results.join(", "), inputs.join(", "));
                return (format!("custom {}", shapes.join(" ")), vec![text]);
            }
        };
        let result = self.result(labelled, out);
        (kernel, vec![format!("{result} = {value}")])
    }

    /// `keep · out + scale · product`
    fn accumulated(&self, factors: FactorAddresses, product: String, out: usize) -> String {
        let scaled = match factors.scale {
            Factor::Stored(address) => format!("{} · {product}", self.name(address)),
            Factor::One | Factor::Zero => product,
        };
        let old = self.name(Address::in_arena(out));
        match factors.keep {
            Factor::Zero => scaled,
            Factor::One => format!("{old} + {scaled}"),
            Factor::Stored(address) => format!("{} · {old} + {scaled}", self.name(address)),
        }
    }

    fn scalars(&mut self, labelled: &LabelledInstruction, steps: &[ScalarStep]) -> Vec<String> {
        let mut texts = Vec::with_capacity(steps.len());
        let mut last = String::new();
        for step in steps {
            let operands = step.operands.map(|operand| match operand {
                ScalarOperand::Last => Expression::name(last.clone()),
                ScalarOperand::Stored(address) => Expression::name(self.name(address)),
            });
            let value = match step.op {
                ScalarOp::Copy => operands[0].clone(),
                ScalarOp::Neg => Expression::of(Elementwise::Neg, &operands),
                ScalarOp::Add => Expression::of(Elementwise::Add, &operands),
                ScalarOp::Sub => Expression::of(Elementwise::Sub, &operands),
                ScalarOp::Mul => Expression::of(Elementwise::Mul, &operands),
                ScalarOp::Div => Expression::of(Elementwise::Div, &operands),
                ScalarOp::StrongMul => Expression::of(Elementwise::StrongMul, &operands),
                ScalarOp::StrongDiv => Expression::of(Elementwise::StrongDiv, &operands),
                ScalarOp::Square => Expression::name(format!("{}^2", operands[0])),
                ScalarOp::MulAdd => Expression::multiply_add(&operands),
                ScalarOp::NegMulAdd => Expression::negative_multiply_add(&operands),
                ScalarOp::Other(op) => Expression::of(op, &operands),
            };
            last = self.result(labelled, step.out);
            texts.push(format!("{last} = {}", value.text));
        }
        texts
    }

    /// The results of a fused loop as expressions; a part that is read twice, or is long, gets a name.
    fn fused(&mut self, labelled: &LabelledInstruction, code: &LoopCode) -> Vec<String> {
        let mut texts = Vec::new();
        let mut registers = vec![Expression::name(String::new()); code.registers];
        for Fill { address, runs, register, .. } in &code.fills {
            let runs: Vec<String> = runs.iter().map(|(n, stride)| format!("{n}·{stride}")).collect();
            registers[*register] = Expression::name(format!("{}[{}]", self.name(*address), runs.join(", ")));
        }
        for (index, LoopStep { op, operands, register }) in code.steps.iter().enumerate() {
            let operands = operands.map(|operand| self.operand(operand, &registers));
            let value = match op {
                StepOp::Copy => operands[0].clone(),
                StepOp::MulAdd => Expression::multiply_add(&operands),
                StepOp::NegMulAdd => Expression::negative_multiply_add(&operands),
                StepOp::Elementwise(op) => Expression::of(*op, &operands),
            };
            registers[*register] = if code.reads(index) > 1 || value.text.chars().count() > LONGEST {
                texts.push(format!("t{index} = {}", value.text));
                Expression::name(format!("t{index}"))
            } else {
                value
            };
        }
        for sum in &code.sums {
            let value = self.operand(sum.operand, &registers).text;
            texts.push(format!("{} = sum({value})", self.result(labelled, sum.out)));
        }
        let values: Vec<String> = code.stores.iter().map(|s| self.operand(s.operand, &registers).text).collect();
        for (store, value) in code.stores.iter().zip(values) {
            texts.push(format!("{} = {value}", self.result(labelled, store.out)));
        }
        texts
    }

    fn operand(&self, operand: LoopOperand, registers: &[Expression]) -> Expression {
        match operand {
            LoopOperand::Register(register) => registers[register].clone(),
            LoopOperand::Elements(address) | LoopOperand::Scalar(address) => Expression::name(self.name(address)),
            LoopOperand::Absent => Expression::name(String::new()),
        }
    }
}

/// How often a product is repeated, if it is.
fn times(times: usize) -> String {
    if times == 1 { String::new() } else { format!(", {times} times") }
}
