//! Rows of a batch, shared between threads.

use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::params::Workers;

/// Rows that a thread takes at a time.
const SHARE: usize = 16;

/// Number of rows of `row_len` values in `len` values.
///
/// # Errors
/// [`Error::Argument`] for a `row_len` of 0 or no divisor of `len`.
pub(crate) fn count(len: usize, row_len: usize) -> Result<usize> {
    if row_len == 0 || !len.is_multiple_of(row_len) {
        return Err(Error::argument("row_len", format!("rows of {row_len} values in {len} values")));
    }
    Ok(len / row_len)
}

/// Calls `work` with every row of `x`, `[rows, row_len]`, and its row of `out`, `[rows, width]`; each worker has scratch
/// of its own. The error is that of the first row that has one.
pub(crate) fn for_each<S: Sync, T: Send, W: Send>(
    workers: &Workers,
    (x, row_len): (&[S], usize),
    (out, width): (&mut [T], usize),
    scratch: impl Fn() -> W + Sync,
    work: impl Fn(&mut W, usize, &[S], &mut [T]) -> Result<()> + Sync,
) -> Result<()> {
    let rows = count(x.len(), row_len)?;
    if out.len() != rows * width {
        return Err(Error::Length { name: "out", expected: rows * width, got: out.len() });
    }
    if width == 0 {
        return Ok(());
    }
    let part = |scratch: &mut W, first: usize, x: &[S], out: &mut [T]| {
        let rows = x.chunks_exact(row_len).zip(out.chunks_exact_mut(width)).enumerate();
        rows.into_iter().try_for_each(|(i, (x, out))| work(scratch, first + i, x, out))
    };
    if workers.count() <= 1 || rows <= 1 {
        return part(&mut scratch(), 0, x, out);
    }
    let share = rows.div_ceil(workers.count()).min(SHARE);
    let done: Vec<Result<()>> = workers.install(|| {
        let parts = x.par_chunks(share * row_len).zip(out.par_chunks_mut(share * width)).enumerate();
        parts.map_init(&scratch, |scratch, (i, (x, out))| part(scratch, i * share, x, out)).collect()
    });
    done.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::Threads;

    #[test]
    fn every_row_meets_its_output_on_any_number_of_threads() {
        let x: Vec<usize> = (0..200).collect();
        for threads in [1, 3] {
            let workers = Workers::start(Threads::from(threads)).unwrap();
            let mut out = vec![0; 100];
            for_each(
                &workers,
                (&x, 2),
                (&mut out, 1),
                || (),
                |(), row, x, out| {
                    out[0] = 1000 * row + x[0] + x[1];
                    Ok(())
                },
            )
            .unwrap();
            assert!(out.iter().enumerate().all(|(row, v)| *v == 1000 * row + 4 * row + 1));
            let error = for_each(
                &workers,
                (&x, 2),
                (&mut out, 1),
                || (),
                |(), row, _, _| {
                    if row < 40 { Ok(()) } else { Err(Error::NonFinite { row, index: 0, value: 0.0 }) }
                },
            );
            assert_eq!(error, Err(Error::NonFinite { row: 40, index: 0, value: 0.0 }));
        }
    }

    #[test]
    fn lengths_that_do_not_fit() {
        let workers = Workers::Caller;
        let work = |x: &[u8], row_len, out: &mut [u8]| {
            for_each(&workers, (x, row_len), (out, 1), || (), |(), _, _, _| Ok(()))
        };
        assert!(work(&[0; 5], 2, &mut [0; 2]).is_err());
        assert!(work(&[0; 4], 0, &mut [0; 2]).is_err());
        assert!(work(&[0; 4], 2, &mut [0; 3]).is_err());
        assert!(work(&[0; 4], 2, &mut [0; 2]).is_ok());
    }
}
