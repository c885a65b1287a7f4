//! Tables written by the arrow crates.
#![allow(unreachable_pub, reason = "a module of tests")]
#![allow(clippy::allow_attributes, reason = "as its siblings")]

use arrow_array::{ArrayRef, RecordBatch};
use arrow_ipc::writer::{FileWriter, StreamWriter};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::{WriterProperties, WriterVersion};

/// The forms in which a table is tested.
pub const FORMS: [&str; 6] = ["a.parquet", "v2.parquet", "snappy.pq", "lz4.parquet", "a.arrow", "a.arrows"];

pub fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)))
        .unwrap()
}

/// Writes a table in one of the [`FORMS`]; each batch is a row group.
pub fn written(form: &str, batches: &[RecordBatch]) -> Vec<u8> {
    let schema = batches[0].schema();
    let mut out = Vec::new();
    match form {
        "a.arrow" => {
            let mut writer = FileWriter::try_new(&mut out, &schema).unwrap();
            batches.iter().for_each(|batch| writer.write(batch).unwrap());
            writer.finish().unwrap();
        }
        "a.arrows" => {
            let mut writer = StreamWriter::try_new(&mut out, &schema).unwrap();
            batches.iter().for_each(|batch| writer.write(batch).unwrap());
            writer.finish().unwrap();
        }
        parquet => {
            let properties =
                WriterProperties::builder().set_data_page_row_count_limit(500).set_write_batch_size(100);
            let properties = match parquet {
                "v2.parquet" => properties.set_writer_version(WriterVersion::PARQUET_2_0),
                "snappy.pq" => properties.set_compression(Compression::SNAPPY),
                "lz4.parquet" => properties
                    .set_compression(Compression::LZ4_RAW)
                    .set_writer_version(WriterVersion::PARQUET_2_0)
                    .set_dictionary_enabled(false),
                _ => properties,
            };
            let mut writer = ArrowWriter::try_new(&mut out, schema, Some(properties.build())).unwrap();
            for batch in batches {
                writer.write(batch).unwrap();
                writer.flush().unwrap();
            }
            writer.close().unwrap();
        }
    }
    out
}
