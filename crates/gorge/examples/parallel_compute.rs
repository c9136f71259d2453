//! All processors for one computation: a picture of the Mandelbrot set, row by row, and the same on one of them.
//!
//! `cargo run --release -p gorge --example parallel_compute`

use std::time::Instant;

use gorge::patterns::parallel;
use gorge::runtime;

const WIDTH: usize = 72;
const HEIGHT: usize = 28;

/// How many steps it takes to leave the circle, at most `most`.
fn steps(re: f64, im: f64, most: u32) -> u32 {
    let (mut x, mut y) = (0.0, 0.0);
    for n in 0..most {
        if x * x + y * y > 4.0 {
            return n;
        }
        (x, y) = (x * x - y * y + re, 2.0 * x * y + im);
    }
    most
}

fn row(y: usize) -> String {
    let shades = [' ', '.', ':', '-', '=', '+', '*', '#', '%', '@'];
    let im = (y as f64 / HEIGHT as f64 - 0.5) * 2.4;
    let shade = |x: usize| {
        let n = steps((x as f64 / WIDTH as f64 - 0.7) * 3.2, im, 20_000);
        shades[(f64::from(n).ln() as usize).min(shades.len() - 1)]
    };
    (0..WIDTH).map(shade).collect()
}

#[gorge::main]
fn main() {
    let rows: Vec<usize> = (0..HEIGHT).collect();
    let begun = Instant::now();
    let expected: Vec<String> = rows.iter().map(|&y| row(y)).collect();
    let alone = begun.elapsed();
    let begun = Instant::now();
    let picture = parallel::map(&rows, |&y| row(y));
    let together = begun.elapsed();
    picture.iter().for_each(|row| println!("{row}"));
    let processors = runtime::gomaxprocs(0);
    println!("one processor: {alone:.1?}; {processors}: {together:.1?}");
    assert_eq!(picture, expected);
}
