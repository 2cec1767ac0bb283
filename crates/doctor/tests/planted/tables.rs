//! Made-up tables, each drawn from a fixed seed.

use std::f64::consts::PI;

use chainrule_learn::problems::digits;

/// A table: columns with their names, all of one length.
#[derive(Clone, Debug, Default)]
pub struct Columns(pub Vec<(String, Vec<f64>)>);

impl Columns {
    /// A table of rows.
    pub fn of_rows(names: &[&str], rows: &[Vec<f64>]) -> Columns {
        let column = |index: usize| rows.iter().map(|row| row[index]).collect();
        Columns(names.iter().enumerate().map(|(index, name)| (name.to_string(), column(index))).collect())
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.0.first().map_or(0, |(_, values)| values.len())
    }

    /// The values of a column.
    pub fn values(&self, name: &str) -> &[f64] {
        let column = self.0.iter().find(|(own, _)| own == name);
        &column.unwrap_or_else(|| panic!("there is no column `{name}`")).1
    }

    /// With each value of a column made anew, from the row and the value.
    pub fn with(mut self, name: &str, made: impl Fn(usize, f64) -> f64) -> Columns {
        let column = self.0.iter_mut().find(|(own, _)| own == name);
        let (_, values) = column.unwrap_or_else(|| panic!("there is no column `{name}`"));
        for (row, value) in values.iter_mut().enumerate() {
            *value = made(row, *value);
        }
        self
    }

    /// With one more column, before the others.
    pub fn and(mut self, name: &str, values: Vec<f64>) -> Columns {
        self.0.insert(0, (name.to_string(), values));
        self
    }

    /// Some rows, in this order.
    pub fn picked(&self, rows: &[usize]) -> Columns {
        let of = |values: &[f64]| rows.iter().map(|&row| values[row]).collect();
        Columns(self.0.iter().map(|(name, values)| (name.clone(), of(values))).collect())
    }

    /// The rows in the order of a column.
    pub fn sorted_by(&self, name: &str) -> Columns {
        let values = self.values(name);
        let mut order: Vec<usize> = (0..self.rows()).collect();
        order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
        self.picked(&order)
    }

    /// The text of the file.
    pub fn csv(&self) -> String {
        let names: Vec<&str> = self.0.iter().map(|(name, _)| name.as_str()).collect();
        let line = |row: usize| self.0.iter().map(|(_, values)| values[row].to_string()).collect::<Vec<_>>().join(",");
        let lines = (0..self.rows()).map(line);
        std::iter::once(names.join(",")).chain(lines).map(|line| line + "\n").collect()
    }
}

/// Random numbers: SplitMix64 (Steele, Lea and Flood 2014).
pub struct Random(u64);

impl Random {
    /// By a seed.
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x2545_f491_4f6c_dd1d).wrapping_add(0x9e37_79b9))
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// On [0, 1).
    pub fn share(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// On [low, high).
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.share()
    }

    /// Of mean 0 and deviation 1 (Box and Muller 1958).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.share()).ln()).sqrt();
        radius * (2.0 * PI * self.share()).cos()
    }

    /// A whole number below n.
    pub fn below(&mut self, n: usize) -> usize {
        (self.share() * n as f64) as usize
    }

    /// 0, 1, …, n − 1 in a random order.
    pub fn order(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for last in (1..n).rev() {
            order.swap(last, self.below(last + 1));
        }
        order
    }
}

/// So many rows, each drawn.
fn drawn(names: &[&str], rows: usize, seed: u64, row: impl Fn(&mut Random) -> Vec<f64>) -> Columns {
    let mut random = Random::new(seed);
    let rows: Vec<Vec<f64>> = (0..rows).map(|_| row(&mut random)).collect();
    Columns::of_rows(names, &rows)
}

/// Five inputs of deviation 1 and an outcome that is a plane of them, with noise.
pub fn plane(rows: usize, noise: f64, seed: u64) -> Columns {
    const SLOPES: [f64; 5] = [1.5, -2.0, 0.7, 0.0, 1.0];
    drawn(&["age", "size", "load", "gap", "dose", "gain"], rows, seed, |random| {
        let mut row: Vec<f64> = (0..5).map(|_| random.normal()).collect();
        let y = 2.0 + row.iter().zip(SLOPES).map(|(x, slope)| x * slope).sum::<f64>();
        row.push(y + noise * random.normal());
        row
    })
}

/// t on (−3, 3) and sin 2t, with noise.
pub fn wave(rows: usize, seed: u64) -> Columns {
    drawn(&["t", "signal"], rows, seed, |random| {
        let t = random.between(-3.0, 3.0);
        vec![t, (2.0 * t).sin() + 0.1 * random.normal()]
    })
}

/// x on (−2, 2) and x² − 1, with noise.
pub fn parabola(rows: usize, seed: u64) -> Columns {
    drawn(&["x", "y"], rows, seed, |random| {
        let x = random.between(-2.0, 2.0);
        vec![x, x * x - 1.0 + 0.1 * random.normal()]
    })
}

/// Two half circles that reach into each other, of two classes.
pub fn moons(rows: usize, seed: u64) -> Columns {
    drawn(&["p0", "p1", "moon"], rows, seed, |random| {
        let (class, angle) = (random.below(2), PI * random.share());
        let (x, y) = match class {
            0 => (angle.cos(), angle.sin()),
            _ => (1.0 - angle.cos(), 0.5 - angle.sin()),
        };
        vec![x - 0.5 + 0.1 * random.normal(), y - 0.25 + 0.1 * random.normal(), class as f64]
    })
}

/// Two coordinates, and whether they are of one sign.
pub fn xor(rows: usize, seed: u64) -> Columns {
    drawn(&["a", "b", "same"], rows, seed, |random| {
        let mut place = || (0.3 + random.share()) * if random.share() < 0.5 { 1.0 } else { -1.0 };
        let (a, b) = (place(), place());
        vec![a, b, f64::from(u8::from(a * b > 0.0))]
    })
}

/// Two coordinates, and whether they lie in the inner ring.
pub fn rings(rows: usize, seed: u64) -> Columns {
    drawn(&["east", "north", "inner"], rows, seed, |random| {
        let (inner, angle) = (random.below(3) == 0, 2.0 * PI * random.share());
        let radius = if inner { 0.6 } else { 1.6 } + 0.15 * random.normal();
        vec![radius * angle.cos(), radius * angle.sin(), f64::from(u8::from(inner))]
    })
}

/// Three arms of a spiral.
pub fn spiral(rows: usize, seed: u64) -> Columns {
    drawn(&["u", "v", "arm"], rows, seed, |random| {
        let (arm, along) = (random.below(3), random.between(0.15, 1.0));
        let angle = 2.0 * PI * arm as f64 / 3.0 + 3.5 * along + 0.1 * random.normal();
        vec![2.0 * along * angle.cos(), 2.0 * along * angle.sin(), arm as f64]
    })
}

/// Four inputs, and a sum of bent functions of each.
pub fn surface(rows: usize, seed: u64) -> Columns {
    drawn(&["q0", "q1", "q2", "q3", "height"], rows, seed, |random| {
        let q: Vec<f64> = (0..4).map(|_| random.between(-1.6, 1.6)).collect();
        let height = (2.0 * q[0]).sin() + q[1] * q[1] - 0.8 * q[2].abs() + 0.5 * q[3] + 0.1 * random.normal();
        [q, vec![height]].concat()
    })
}

/// So many classes in six coordinates, each around its middle.
pub fn blobs(rows: usize, classes: usize, seed: u64) -> Columns {
    let mut middles = Random::new(77);
    let middles: Vec<Vec<f64>> = (0..classes).map(|_| (0..6).map(|_| 1.6 * middles.normal()).collect()).collect();
    drawn(&["m0", "m1", "m2", "m3", "m4", "m5", "kind"], rows, seed, |random| {
        let class = random.below(classes);
        let mut row: Vec<f64> = middles[class].iter().map(|middle| middle + 0.8 * random.normal()).collect();
        row.push(class as f64);
        row
    })
}

/// Three inputs, and counts whose logarithm of the mean is a plane.
pub fn counts(rows: usize, seed: u64) -> Columns {
    drawn(&["heat", "wind", "rain", "visits"], rows, seed, |random| {
        let x: Vec<f64> = (0..3).map(|_| random.normal()).collect();
        let mean = (1.6 + 0.6 * x[0] - 0.5 * x[1] + 0.3 * x[2]).exp();
        // How many exponential waiting times fit (Knuth).
        let (limit, mut product, mut count) = ((-mean).exp(), random.share(), 0.0);
        while product > limit {
            product *= random.share();
            count += 1.0;
        }
        [x, vec![count]].concat()
    })
}

/// Eight columns that follow from two, with noise.
pub fn factors(rows: usize, seed: u64) -> Columns {
    let mut random = Random::new(5);
    let maps: Vec<(f64, f64)> = (0..8).map(|_| (random.normal(), random.normal())).collect();
    let names = ["c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7"];
    drawn(&names, rows, seed, |random| {
        let (a, b) = (random.normal(), random.normal());
        maps.iter().map(|(of_a, of_b)| of_a * a + of_b * b + 0.1 * random.normal()).collect()
    })
}

/// Two overlapping classes in four coordinates, the upper one with a share of the rows.
pub fn two_classes(rows: usize, share: f64, apart: f64, seed: u64) -> Columns {
    drawn(&["z0", "z1", "z2", "z3", "ill"], rows, seed, |random| {
        let ill = f64::from(u8::from(random.share() < share));
        let mut row: Vec<f64> =
            (0..4).map(|i| random.normal() + if i < 2 { apart * (ill - 0.5) } else { 0.0 }).collect();
        row.push(ill);
        row
    })
}

/// Three inputs and two outcomes.
pub fn pairs(rows: usize, seed: u64) -> Columns {
    drawn(&["s0", "s1", "s2", "force0", "force1"], rows, seed, |random| {
        let s: Vec<f64> = (0..3).map(|_| random.between(-2.0, 2.0)).collect();
        let first = s[0] * s[1] + 0.1 * random.normal();
        let second = (1.5 * s[2]).sin() - s[0] + 0.1 * random.normal();
        [s, vec![first, second]].concat()
    })
}

/// Two numbers, and six points of a curve that they say.
pub fn curve(rows: usize, seed: u64) -> Columns {
    let names = ["bend", "slope", "at0", "at1", "at2", "at3", "at4", "at5"];
    drawn(&names, rows, seed, |random| {
        let (bend, slope) = (random.normal(), random.normal());
        let point = |place: usize| {
            let t = place as f64 / 2.5 - 1.0;
            bend * t * t + slope * t
        };
        let points = (0..6).map(point);
        [vec![bend, slope], points.map(|y| y + 0.1 * random.normal()).collect()].concat()
    })
}

/// So many inputs of which the first three count, and an outcome with noise.
pub fn wide(rows: usize, columns: usize, noise: f64, seed: u64) -> Columns {
    let names: Vec<String> = (0..columns).map(|i| format!("f{i}")).chain(["out".into()]).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    drawn(&names, rows, seed, |random| {
        let mut row: Vec<f64> = (0..columns).map(|_| random.normal()).collect();
        let y = 1.2 * row[0] - row[1] + 0.8 * row[2] + noise * random.normal();
        row.push(y);
        row
    })
}

/// Six steps of a walk, and whether their sum is above 0.
pub fn walks(rows: usize, seed: u64) -> Columns {
    drawn(&["step0", "step1", "step2", "step3", "step4", "step5", "up"], rows, seed, |random| {
        let steps: Vec<f64> = (0..6).map(|_| random.normal()).collect();
        let up = f64::from(u8::from(steps.iter().sum::<f64>() > 0.0));
        [steps, vec![up]].concat()
    })
}

/// Handwritten digits, so many rows from some on, pixels from 0 to 1.
pub fn digit_images(from: usize, rows: usize) -> Columns {
    let data = digits::dataset().expect("the digits come with the library");
    let (pixels, classes) = (data.values("x"), data.values("y"));
    let (pixels, classes) = (pixels.expect("they have pixels"), classes.expect("they have classes"));
    let pixel = |i: usize| (from..from + rows).map(|row| pixels[row * digits::PIXELS + i] / 16.0).collect();
    let mut columns: Vec<(String, Vec<f64>)> = (0..digits::PIXELS).map(|i| (format!("x{i}"), pixel(i))).collect();
    columns.push(("digit".into(), classes[from..from + rows].to_vec()));
    Columns(columns)
}
