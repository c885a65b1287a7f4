//! Tables in memory, queries, and the reference spectrum.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array, ListArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Float32Type, Float64Type, Schema};
use datafusion::datasource::MemTable;
use datafusion::prelude::{SessionConfig, SessionContext};
use rlx_dsp::detrend::Detrend;
use rlx_dsp::reference::welch::Reference;
use rlx_dsp::scaling::{Average, Scaling};
use rlx_dsp::window::{Symmetry, Window};
use std::sync::Arc;

/// Returns a session with all functions and four partitions.
pub fn session() -> SessionContext {
    let ctx =
        SessionContext::new_with_config(SessionConfig::new().with_target_partitions(4)).enable_url_table();
    rlx_sql::register_all(&ctx);
    ctx
}

/// Runs a future on a runtime of its own.
pub fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

/// Returns the result of a query as one batch.
pub async fn query(ctx: &SessionContext, sql: &str) -> datafusion::common::Result<RecordBatch> {
    let frame = ctx.sql(sql).await?;
    let schema = Arc::new(frame.schema().as_arrow().clone());
    let batches = frame.collect().await?;
    let schema = batches.first().map_or(schema, |batch| batch.schema());
    Ok(datafusion::arrow::compute::concat_batches(&schema, &batches)?)
}

/// Returns the message of a query that must fail.
pub async fn refusal(ctx: &SessionContext, sql: &str) -> String {
    match query(ctx, sql).await {
        Ok(batch) => panic!("{sql} gave {} rows", batch.num_rows()),
        Err(error) => error.strip_backtrace(),
    }
}

/// Returns a column of lists as numbers.
pub fn lists(batch: &RecordBatch, column: &str) -> Vec<Option<Vec<f64>>> {
    let list: &ListArray = batch.column_by_name(column).unwrap().as_list();
    (0..list.len())
        .map(|row| {
            list.is_valid(row).then(|| {
                let values = cast(&list.value(row), &DataType::Float64).unwrap();
                values.as_primitive::<Float64Type>().iter().map(|v| v.unwrap_or(f64::NAN)).collect()
            })
        })
        .collect()
}

/// Registers a table whose partitions are these batches.
pub fn table(ctx: &SessionContext, name: &str, partitions: Vec<Vec<RecordBatch>>) {
    let schema = partitions[0][0].schema();
    ctx.register_table(name, Arc::new(MemTable::try_new(schema, partitions).unwrap())).unwrap();
}

/// Returns rows `(device, ts, v)`.
pub fn samples(rows: &[(i64, f64, f64)]) -> RecordBatch {
    let device: Int64Array = rows.iter().map(|r| r.0).collect();
    let ts: Float64Array = rows.iter().map(|r| Some(r.1)).collect();
    let v: Float64Array = rows.iter().map(|r| Some(r.2)).collect();
    batch(vec![("device", Arc::new(device)), ("ts", Arc::new(ts)), ("v", Arc::new(v))])
}

/// Returns a batch of named columns.
pub fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.into_iter().map(|(_, array)| array).collect())
        .unwrap()
}

/// Returns rows of `f32` samples as a list column.
pub fn singles(rows: &[Option<Vec<f32>>]) -> ArrayRef {
    let rows =
        rows.iter().map(|row| row.as_ref().map(|row| row.iter().map(|v| Some(*v)).collect::<Vec<_>>()));
    Arc::new(ListArray::from_iter_primitive::<Float32Type, _, _>(rows))
}

/// Returns rows of `f64` samples as a list column.
pub fn doubles(rows: &[Option<Vec<f64>>]) -> ArrayRef {
    let rows =
        rows.iter().map(|row| row.as_ref().map(|row| row.iter().map(|v| Some(*v)).collect::<Vec<_>>()));
    Arc::new(ListArray::from_iter_primitive::<Float64Type, _, _>(rows))
}

/// Numbers that look random and are the same each time.
pub fn noise(seed: u64, len: usize) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..len)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as f64 / f64::from(1_u32 << 31) * 2.0 - 1.0
        })
        .collect()
}

/// Returns the mean density spectrum of the segments of `x` by the definition: Hann, half overlapping, mean removed.
pub fn welch(x: &[f64], rate: f64, n_fft: usize) -> Vec<f64> {
    let window = Window::Hann.coefficients(n_fft, Symmetry::Periodic).unwrap();
    reference(&window, rate).psd(x)
}

fn reference(window: &[f64], rate: f64) -> Reference<'_> {
    Reference {
        sample_rate: rate,
        window,
        hop: window.len() - window.len() / 2,
        n_fft: window.len(),
        detrend: Detrend::Constant,
        scaling: Scaling::Density,
        average: Average::Mean,
        one_sided: true,
    }
}

/// Relative distance of two spectra, against `c·ε·log2 N`.
pub fn assert_near(got: &[f64], expected: &[f64], epsilon: f64, what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}");
    let difference: f64 = got.iter().zip(expected).map(|(a, b)| (a - b) * (a - b)).sum();
    let norm: f64 = expected.iter().map(|v| v * v).sum();
    let limit = 8.0 * epsilon * (2.0 * expected.len() as f64).log2();
    assert!((difference / norm).sqrt() <= limit, "{what}: {} > {limit}", (difference / norm).sqrt());
}
