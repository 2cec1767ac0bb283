//! Convolutions, their transposes and pools of random settings against loops over every product: values, and the derivatives by
//! both operands. Attention against its formula.

use chainrule_graph::{Attention, Convolution, Padding, Pool, Shape, Tensor};

use crate::support::{InputValue, assert_close, build, real, spread, tensor};

/// Numbers that look random.
struct Draws(u64);

impl Draws {
    /// One from `low` to `high`.
    fn one(&mut self, low: usize, high: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        low + (self.0 >> 33) as usize % (high + 1 - low)
    }

    fn each(&mut self, count: usize, low: usize, high: usize) -> Vec<usize> {
        (0..count).map(|_| self.one(low, high)).collect()
    }
}

/// All indices into a shape, in row-major order.
fn indices(shape: &[usize]) -> Vec<Vec<usize>> {
    shape.iter().fold(vec![Vec::new()], |indices, &n| {
        indices.iter().flat_map(|index| (0..n).map(move |i| [&index[..], &[i]].concat())).collect()
    })
}

fn offset(shape: &[usize], index: &[usize]) -> usize {
    shape.iter().zip(index).fold(0, |offset, (n, i)| offset * n + i)
}

/// A random convolution, or a transposed one.
struct Drawn {
    options: Convolution,
    groups: usize,
    strides: Vec<usize>,
    dilations: Vec<usize>,
    /// The zeros before each axis.
    before: Vec<usize>,
    x: Vec<usize>,
    w: Vec<usize>,
    y: Vec<usize>,
}

impl Drawn {
    fn convolution(draws: &mut Draws) -> Drawn {
        let axes = draws.one(1, 3);
        let largest = if axes == 3 { 4 } else { 7 };
        let groups = draws.one(1, 3);
        let (sizes, strides, dilations) = (draws.each(axes, 1, 4), draws.each(axes, 1, 3), draws.each(axes, 1, 2));
        let span = |axis: usize| dilations[axis] * (sizes[axis] - 1) + 1;
        let mut padding = draws.each(axes, 0, 2);
        let mut n = draws.each(axes, 1, largest);
        let is_same = draws.one(0, 3) == 0;
        let (mut before, mut results) = (padding.clone(), Vec::new());
        for axis in 0..axes {
            if is_same {
                results.push(n[axis].div_ceil(strides[axis]));
                let all = ((results[axis] - 1) * strides[axis] + span(axis)).saturating_sub(n[axis]);
                before[axis] = all / 2;
            } else {
                n[axis] = n[axis].max(span(axis).saturating_sub(2 * padding[axis])).max(1);
                results.push((n[axis] + 2 * padding[axis] - span(axis)) / strides[axis] + 1);
            }
        }
        let options = Convolution::default().stride(&strides[..]).dilation(&dilations[..]).groups(groups);
        let options =
            if is_same { options.padding(Padding::Same) } else { options.padding(std::mem::take(&mut padding)) };
        let (c, o) = (draws.one(1, 2), draws.one(1, 2));
        let x = [&[c * groups], &n[..]].concat();
        let w = [&[o * groups, c], &sizes[..]].concat();
        let y = [&[o * groups], &results[..]].concat();
        Drawn { options, groups, strides, dilations, before, x, w, y }
    }

    fn transpose(draws: &mut Draws) -> Drawn {
        let axes = draws.one(1, 3);
        let groups = draws.one(1, 3);
        let (sizes, strides, dilations) = (draws.each(axes, 1, 4), draws.each(axes, 1, 3), draws.each(axes, 1, 2));
        let (n, extra) = (draws.each(axes, 1, 4), draws.each(axes, 0, 2));
        let full = |axis: usize| (n[axis] - 1) * strides[axis] + dilations[axis] * (sizes[axis] - 1) + 1 + extra[axis];
        let before: Vec<usize> = (0..axes).map(|axis| draws.one(0, 2).min(full(axis) / 2)).collect();
        let results: Vec<usize> = (0..axes).map(|axis| full(axis) - 2 * before[axis]).collect();
        let options = Convolution::default().stride(&strides[..]).dilation(&dilations[..]).groups(groups);
        let options = options.padding(&before[..]).extra(&extra[..]);
        let (c, o) = (draws.one(1, 2), draws.one(1, 2));
        let x = [&[c * groups], &n[..]].concat();
        let w = [&[c * groups, o], &sizes[..]].concat();
        let y = [&[o * groups], &results[..]].concat();
        Drawn { options, groups, strides, dilations, before, x, w, y }
    }

    /// Where each product of a convolution's is: in the image, in the weights, and in the result.
    fn products(&self, of_transpose: bool) -> Vec<[usize; 3]> {
        let (image, result) = if of_transpose { (&self.y, &self.x) } else { (&self.x, &self.y) };
        let (inner, outer) = (image[0] / self.groups, result[0] / self.groups);
        let mut products = Vec::new();
        for at in indices(result) {
            for k in indices(&self.w[2..]) {
                let place = |axis: usize| {
                    let place = at[axis + 1] * self.strides[axis] + k[axis] * self.dilations[axis];
                    place.checked_sub(self.before[axis]).filter(|&place| place < image[axis + 1])
                };
                let Some(place) = (0..k.len()).map(place).collect::<Option<Vec<usize>>>() else { continue };
                let group = at[0] / outer;
                for channel in 0..inner {
                    let image_at = [&[group * inner + channel], &place[..]].concat();
                    let weight_at = [&[at[0], channel], &k[..]].concat();
                    products.push([offset(image, &image_at), offset(&self.w, &weight_at), offset(result, &at)]);
                }
            }
        }
        products
    }
}

fn sum(shape: &[usize], terms: impl Iterator<Item = (usize, f64)>) -> Tensor {
    let mut sums = Tensor::zeros(Shape::from(shape));
    terms.for_each(|(at, term)| sums.data_mut()[at] += term);
    sums
}

#[test]
fn random_convolutions_are_loops_over_all_products() {
    let mut draws = Draws(7);
    for seed in 0..150 {
        let drawn = Drawn::convolution(&mut draws);
        let (x, w, dy) =
            (spread(&drawn.x[..], -1.0, 1.0, seed), spread(&drawn.w[..], -1.0, 1.0, seed + 1000), seed + 2000);
        let dy = spread(&drawn.y[..], -1.0, 1.0, dy);
        let built = build(&[real(x.clone()), real(w.clone())], |_, v| v[0].convolution(v[1], &drawn.options));
        let products = drawn.products(false);
        let [xs, ws, dys] = [&x, &w, &dy].map(Tensor::data);
        assert_close(&built.value(), &sum(&drawn.y, products.iter().map(|&[x, w, y]| (y, xs[x] * ws[w]))), 1e-11);
        let [dx, dw] = &built.pulled_back(&dy)[..] else { panic!("two operands") };
        assert_close(dx, &sum(&drawn.x, products.iter().map(|&[x, w, y]| (x, dys[y] * ws[w]))), 1e-11);
        assert_close(dw, &sum(&drawn.w, products.iter().map(|&[x, w, y]| (w, dys[y] * xs[x]))), 1e-11);
    }
}

#[test]
fn random_transposed_convolutions_are_loops_over_all_products() {
    let mut draws = Draws(8);
    for seed in 0..150 {
        let drawn = Drawn::transpose(&mut draws);
        let (x, w) = (spread(&drawn.x[..], -1.0, 1.0, seed), spread(&drawn.w[..], -1.0, 1.0, seed + 1000));
        let dy = spread(&drawn.y[..], -1.0, 1.0, seed + 2000);
        let built = build(&[real(x.clone()), real(w.clone())], |_, v| v[0].convolution_transpose(v[1], &drawn.options));
        let products = drawn.products(true);
        let [xs, ws, dys] = [&x, &w, &dy].map(Tensor::data);
        assert_close(&built.value(), &sum(&drawn.y, products.iter().map(|&[y, w, x]| (y, xs[x] * ws[w]))), 1e-11);
        let [dx, dw] = &built.pulled_back(&dy)[..] else { panic!("two operands") };
        assert_close(dx, &sum(&drawn.x, products.iter().map(|&[y, w, x]| (x, dys[y] * ws[w]))), 1e-11);
        assert_close(dw, &sum(&drawn.w, products.iter().map(|&[y, w, x]| (w, dys[y] * xs[x]))), 1e-11);
    }
}

#[test]
fn random_pools_are_loops_over_all_windows() {
    let mut draws = Draws(9);
    for seed in 0..150 {
        let axes = draws.one(1, 3);
        let (sizes, strides) = (draws.each(axes, 1, 3), draws.each(axes, 1, 3));
        let padding: Vec<usize> = sizes.iter().map(|&size| draws.one(0, size - 1)).collect();
        let n: Vec<usize> = sizes.iter().map(|&size| size + draws.one(0, 3)).collect();
        let shape = [&[draws.one(1, 2)], &n[..]].concat();
        let counts = (0..axes).map(|axis| (n[axis] + 2 * padding[axis] - sizes[axis]) / strides[axis] + 1);
        let pooled = [&shape[..1], &counts.collect::<Vec<_>>()[..]].concat();
        let counts_padding = draws.one(0, 1) == 1;
        let pool = Pool::new(&sizes[..]).stride(&strides[..]).padding(&padding[..]).count_padding(counts_padding);
        // Few different numbers, so that there are ties.
        let x = Tensor::from_fn(Shape::from(&shape[..]), |_| draws.one(0, 3) as f64 - 5.0);
        let dy = spread(&pooled[..], -1.0, 1.0, seed);
        let windows: Vec<Vec<usize>> = indices(&pooled)
            .iter()
            .map(|at| {
                let place = |k: &Vec<usize>, axis: usize| {
                    (at[axis + 1] * strides[axis] + k[axis]).checked_sub(padding[axis]).filter(|&i| i < n[axis])
                };
                let places = indices(&sizes);
                let inside =
                    places.iter().filter_map(|k| (0..axes).map(|axis| place(k, axis)).collect::<Option<Vec<_>>>());
                inside.map(|place| offset(&shape, &[&at[..1], &place[..]].concat())).collect()
            })
            .collect();
        let greatest = |window: &Vec<usize>| {
            let first = |best: usize, &at: &usize| if x.data()[at] > x.data()[best] { at } else { best };
            window.iter().fold(window[0], first)
        };
        let built = build(&[real(x.clone())], |_, v| v[0].max_pool(&pool));
        let chosen: Vec<usize> = windows.iter().map(greatest).collect();
        assert_close(&built.value(), &sum(&pooled, chosen.iter().map(|&at| x.data()[at]).enumerate()), 0.0);
        let routed = chosen.iter().enumerate().map(|(y, &at)| (at, dy.data()[y]));
        assert_close(&built.pulled_back(&dy)[0], &sum(&shape, routed), 1e-13);

        let built = build(&[real(x.clone())], |_, v| v[0].mean_pool(&pool));
        let all = sizes.iter().product::<usize>();
        let share = |window: &Vec<usize>| 1.0 / if counts_padding { all } else { window.len() } as f64;
        let terms = |(y, window): (usize, &Vec<usize>)| {
            let share = share(window);
            window.iter().map(move |&at| (y, at, share)).collect::<Vec<_>>()
        };
        let terms: Vec<(usize, usize, f64)> = windows.iter().enumerate().flat_map(terms).collect();
        assert_close(
            &built.value(),
            &sum(&pooled, terms.iter().map(|&(y, at, share)| (y, share * x.data()[at]))),
            1e-13,
        );
        let spread_out = terms.iter().map(|&(y, at, share)| (at, share * dy.data()[y]));
        assert_close(&built.pulled_back(&dy)[0], &sum(&shape, spread_out), 1e-12);
    }
}

/// The rows of softmax(q kᵀ/√d) v, over the keys where the query may look.
fn attended(q: &Tensor, k: &Tensor, v: &Tensor, may_look: impl Fn(usize, usize) -> bool) -> Vec<f64> {
    let (d, e) = (q.shape()[1], v.shape()[1]);
    let row = |t: usize| {
        let score =
            |s: usize| (0..d).map(|i| q.data()[t * d + i] * k.data()[s * d + i]).sum::<f64>() / (d as f64).sqrt();
        let keys: Vec<(usize, f64)> =
            (0..k.shape()[0]).filter(|&s| may_look(t, s)).map(|s| (s, score(s).exp())).collect();
        let total: f64 = keys.iter().map(|key| key.1).sum();
        let mean = |i: usize| keys.iter().map(|&(s, weight)| weight / total * v.data()[s * e + i]).sum();
        (0..e).map(mean).collect::<Vec<f64>>()
    };
    (0..q.shape()[0]).flat_map(row).collect()
}

fn queries_keys_values() -> [InputValue; 3] {
    [spread([3, 2], -1.0, 1.0, 1), spread([3, 2], -1.0, 1.0, 2), spread([3, 4], -1.0, 1.0, 3)].map(real)
}

#[test]
fn attention_is_the_mean_that_its_formula_says() {
    let [q, k, v] = queries_keys_values();
    let all = build(&[q.clone(), k.clone(), v.clone()], |b, x| b.attention(x[0], x[1], x[2], Attention::default()));
    assert_close(&all.value(), &tensor([3, 4], attended(&q.value, &k.value, &v.value, |_, _| true)), 1e-13);
    let causal = Attention { causal: true, ..Attention::default() };
    let earlier = build(&[q.clone(), k.clone(), v.clone()], |b, x| b.attention(x[0], x[1], x[2], causal));
    assert_close(&earlier.value(), &tensor([3, 4], attended(&q.value, &k.value, &v.value, |t, s| s <= t)), 1e-13);
}

#[test]
fn a_query_that_may_look_nowhere_gets_0_and_no_gradient() {
    let [q, k, v] = queries_keys_values();
    let mask = real(tensor([3, 3], [1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0]));
    for causal in [false, true] {
        let built = build(&[q.clone(), k.clone(), v.clone(), mask.clone()], |b, x| {
            b.attention(x[0], x[1], x[2], Attention { causal, mask: Some(x[3].greater(0.0)) })
        });
        let may_look = |t: usize, s: usize| mask.value.data()[3 * t + s] > 0.0 && (s <= t || !causal);
        assert_close(&built.value(), &tensor([3, 4], attended(&q.value, &k.value, &v.value, may_look)), 1e-13);
        let gradients = built.pulled_back(&spread([3, 4], -1.0, 1.0, 4));
        assert!(gradients.iter().flat_map(|gradient| gradient.data()).all(|x| x.is_finite()), "{gradients:?}");
        assert_eq!(gradients[0].data()[2..4], [0.0, 0.0], "the second query looks nowhere");
    }
}

#[test]
fn nan_passes_a_pool_and_infinity_beside_a_mask_does_not_pass_attention() {
    let pool = Pool::new(2);
    let x = tensor([1, 4], [f64::NAN, 1.0, 2.0, 3.0]);
    assert_close(&build(&[real(x)], |_, v| v[0].max_pool(&pool)).value(), &tensor([1, 2], [f64::NAN, 3.0]), 0.0);
    let [q, _, v] = queries_keys_values();
    let k = real(tensor([3, 2], [0.5, 0.2, 0.1, 0.3, f64::INFINITY, f64::INFINITY]));
    let causal = Attention { causal: true, ..Attention::default() };
    let value = build(&[q, k, v], |b, x| b.attention(x[0], x[1], x[2], causal)).value();
    assert!(value.data()[..8].iter().all(|x| x.is_finite()), "{value:?}");
}
