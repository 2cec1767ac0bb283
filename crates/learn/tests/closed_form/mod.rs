//! Ridge regression in closed form, as an answer that is worked out another way.

/// w·x + b at the least mean of (w·x + b − y)² over the rows, plus λ‖w‖².
pub struct Ridge {
    /// The weights.
    pub w: Vec<f64>,
    /// The intercept.
    pub b: f64,
}

impl Ridge {
    /// w = Xcᵀ a with (Xc Xcᵀ/n + λI) a = yc/n, which is (XcᵀXc/n + λI)⁻¹ Xcᵀyc/n, and b = ȳ − w·x̄ (c = centred).
    pub fn fit(x: &[Vec<f64>], y: &[f64], lambda: f64) -> Ridge {
        let n = x.len() as f64;
        let mean: Vec<f64> = (0..x[0].len()).map(|j| x.iter().map(|row| row[j]).sum::<f64>() / n).collect();
        let centred: Vec<Vec<f64>> =
            x.iter().map(|row| row.iter().zip(&mean).map(|(x, mean)| x - mean).collect()).collect();
        let y_mean = y.iter().sum::<f64>() / n;
        let element = |i: usize, j: usize| dot(&centred[i], &centred[j]) / n + if i == j { lambda } else { 0.0 };
        let matrix = (0..x.len()).map(|i| (0..x.len()).map(|j| element(i, j)).collect()).collect();
        let a = solve(matrix, y.iter().map(|y| (y - y_mean) / n).collect());
        let w: Vec<f64> = (0..mean.len()).map(|j| centred.iter().zip(&a).map(|(row, a)| row[j] * a).sum()).collect();
        let b = y_mean - dot(&w, &mean);
        Ridge { w, b }
    }

    /// The mean of (w·x + b − y)² over rows.
    pub fn mean_squared_error(&self, x: &[Vec<f64>], y: &[f64]) -> f64 {
        let squares = x.iter().zip(y).map(|(x, y)| (dot(&self.w, x) + self.b - y).powi(2));
        squares.sum::<f64>() / y.len() as f64
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The solution of A x = r for a symmetric positive definite A, by Cholesky's A = LLᵀ.
fn solve(mut a: Vec<Vec<f64>>, mut r: Vec<f64>) -> Vec<f64> {
    let n = r.len();
    for j in 0..n {
        for i in j..n {
            let product: f64 = (0..j).map(|k| a[i][k] * a[j][k]).sum();
            a[i][j] -= product;
            a[i][j] = if i == j { a[j][j].sqrt() } else { a[i][j] / a[j][j] };
        }
    }
    for i in 0..n {
        let product: f64 = (0..i).map(|k| a[i][k] * r[k]).sum();
        r[i] = (r[i] - product) / a[i][i];
    }
    for i in (0..n).rev() {
        let product: f64 = (i + 1..n).map(|k| a[k][i] * r[k]).sum();
        r[i] = (r[i] - product) / a[i][i];
    }
    r
}
