//! L-BFGS (Nocedal 1980) with a line search for the strong Wolfe conditions (Nocedal, Wright, algorithms 3.5 and 3.6).

use std::collections::VecDeque;

/// Corrections kept.
const MEMORY: usize = 20;
const C1: f64 = 1e-4;
const C2: f64 = 0.9;

/// Why the descent ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The value is at or below the target.
    Target,
    /// No step reduces the value: the limit of the arithmetic is reached.
    Floor,
    /// The iterations are used up, or the caller stopped the descent.
    Stopped,
}

/// Minimises `f(x, gradient) → value`, starting at `x`, which always holds the best point so far. `each(iteration,
/// value)` returns whether to continue.
pub fn minimise(
    x: &mut Vec<f64>,
    iterations: usize,
    target: f64,
    mut f: impl FnMut(&[f64], &mut [f64]) -> f64,
    mut each: impl FnMut(usize, f64) -> bool,
) -> (f64, Ended) {
    let n = x.len();
    let (mut g, mut direction) = (vec![0.0; n], vec![0.0; n]);
    let mut value = f(x, &mut g);
    let mut history: VecDeque<(Vec<f64>, Vec<f64>, f64)> = VecDeque::new();
    for iteration in 0..iterations {
        if value <= target {
            return (value, Ended::Target);
        }
        if !value.is_finite() || !each(iteration, value) {
            return (value, Ended::Stopped);
        }
        two_loop(&g, &history, &mut direction);
        let mut slope = dot(&direction, &g);
        if slope >= 0.0 {
            history.clear();
            direction.iter_mut().zip(&g).for_each(|(d, g)| *d = -g);
            slope = -dot(&g, &g);
        }
        let first = if history.is_empty() { 1.0 / dot(&g, &g).sqrt().max(1e-300) } else { 1.0 };
        let Some(step) = search(x, &direction, value, slope, first.min(1.0), &mut f) else {
            if history.is_empty() {
                return (value, Ended::Floor);
            }
            history.clear();
            continue;
        };
        let s: Vec<f64> = step.x.iter().zip(x.iter()).map(|(a, b)| a - b).collect();
        let y: Vec<f64> = step.g.iter().zip(&g).map(|(a, b)| a - b).collect();
        let sy = dot(&s, &y);
        if sy > 1e-12 * dot(&y, &y).sqrt() * dot(&s, &s).sqrt() {
            if history.len() == MEMORY {
                history.pop_front();
            }
            history.push_back((s, y, 1.0 / sy));
        }
        (*x, g, value) = (step.x, step.g, step.value);
    }
    (value, if value <= target { Ended::Target } else { Ended::Stopped })
}

struct Point {
    x: Vec<f64>,
    g: Vec<f64>,
    value: f64,
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// Computes `direction = −H·g` by the two-loop recursion.
fn two_loop(g: &[f64], history: &VecDeque<(Vec<f64>, Vec<f64>, f64)>, direction: &mut [f64]) {
    direction.iter_mut().zip(g).for_each(|(d, g)| *d = -g);
    let mut alphas = Vec::with_capacity(history.len());
    for (s, y, rho) in history.iter().rev() {
        let alpha = rho * dot(s, direction);
        direction.iter_mut().zip(y).for_each(|(d, y)| *d -= alpha * y);
        alphas.push(alpha);
    }
    if let Some((_, y, rho)) = history.back() {
        let gamma = 1.0 / (rho * dot(y, y));
        direction.iter_mut().for_each(|d| *d *= gamma);
    }
    for ((s, y, rho), alpha) in history.iter().zip(alphas.into_iter().rev()) {
        let beta = rho * dot(y, direction);
        direction.iter_mut().zip(s).for_each(|(d, s)| *d += (alpha - beta) * s);
    }
}

fn search(
    x: &[f64],
    direction: &[f64],
    value: f64,
    slope: f64,
    first: f64,
    f: &mut impl FnMut(&[f64], &mut [f64]) -> f64,
) -> Option<Point> {
    let mut at = |t: f64| {
        let point: Vec<f64> = x.iter().zip(direction).map(|(x, d)| x + t * d).collect();
        let mut g = vec![0.0; x.len()];
        let v = f(&point, &mut g);
        let slope = dot(&g, direction);
        (Point { x: point, g, value: v }, slope)
    };
    let (mut lo, mut lo_value, mut lo_slope) = (0.0, value, slope);
    let mut hi = f64::INFINITY;
    let mut t = first;
    let mut best: Option<Point> = None;
    for _ in 0..25 {
        let (point, s) = at(t);
        let v = point.value;
        let better = v <= value + C1 * t * slope && v.is_finite();
        if !better || v >= lo_value {
            hi = t;
        } else if s.abs() <= -C2 * slope {
            return Some(point);
        } else {
            if s * (if hi.is_finite() { hi - lo } else { 1.0 }) >= 0.0 {
                hi = lo;
            }
            (lo, lo_value, lo_slope) = (t, v, s);
            best = Some(point);
        }
        t = if hi.is_finite() {
            // The minimum of the parabola through the lower end, safeguarded by bisection.
            let width = hi - lo;
            let guess = lo + width * 0.5;
            if hi == t && v.is_finite() {
                let quadratic = lo - 0.5 * lo_slope * width * width / (v - lo_value - lo_slope * width);
                let (a, b) = (lo + 0.1 * width, lo + 0.9 * width);
                if quadratic.is_finite() { quadratic.clamp(a.min(b), a.max(b)) } else { guess }
            } else {
                guess
            }
        } else {
            t * 2.5
        };
        if (t - lo).abs() < 1e-16 * t.abs() {
            break;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_banana_valley_is_walked_to_its_end() {
        // Rosenbrock in ten dimensions: minimum 0 at ones.
        let mut x: Vec<f64> = (0..10).map(|i| if i % 2 == 0 { -1.2 } else { 1.0 }).collect();
        let rosenbrock = |x: &[f64], g: &mut [f64]| {
            g.fill(0.0);
            let mut sum = 0.0;
            for i in 0..x.len() - 1 {
                let (a, b) = (x[i + 1] - x[i] * x[i], 1.0 - x[i]);
                sum += 100.0 * a * a + b * b;
                g[i] += -400.0 * a * x[i] - 2.0 * b;
                g[i + 1] += 200.0 * a;
            }
            sum
        };
        let (value, ended) = minimise(&mut x, 500, 1e-20, rosenbrock, |_, _| true);
        assert!(value <= 1e-20 && ended == Ended::Target, "{value} {ended:?}");
        assert!(x.iter().all(|x| (x - 1.0).abs() < 1e-8), "{x:?}");
    }
}
