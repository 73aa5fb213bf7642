//! Where files lie: a folder, or a bucket of a store that speaks S3.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where files lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A folder on a local disk; made when it is first needed.
    Folder(PathBuf),
    /// A bucket, and what the names of our files in it begin with; empty for nothing.
    Bucket {
        /// Its name.
        bucket: String,
        /// Without slashes at its ends.
        prefix: String,
    },
}

impl Default for Place {
    fn default() -> Self {
        Self::Folder(PathBuf::from("pobratim-files"))
    }
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some(rest) = text.strip_prefix("s3://") else {
            return match text.split_once("://") {
                Some(_) => Err(format!("{text:?} is neither a folder nor s3://bucket/prefix")),
                None if text.is_empty() => Err("it is empty".to_owned()),
                None => Ok(Self::Folder(PathBuf::from(text))),
            };
        };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let is_name = (3..=63).contains(&bucket.len())
            && bucket.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte));
        if !is_name {
            return Err(format!("{bucket:?} is not the name of a bucket"));
        }
        Ok(Self::Bucket { bucket: bucket.to_owned(), prefix: prefix.trim_matches('/').to_owned() })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(out, "{}", folder.display()),
            Self::Bucket { bucket, prefix } if prefix.is_empty() => write!(out, "s3://{bucket}"),
            Self::Bucket { bucket, prefix } => write!(out, "s3://{bucket}/{prefix}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_buckets() {
        assert_eq!("data/files".parse(), Ok(Place::Folder("data/files".into())));
        let bucket = |prefix: &str| Place::Bucket { bucket: "city-files".to_owned(), prefix: prefix.to_owned() };
        for (text, place) in
            [("s3://city-files", bucket("")), ("s3://city-files/", bucket("")), ("s3://city-files/a/b/", bucket("a/b"))]
        {
            assert_eq!(text.parse(), Ok(place), "{text}");
        }
        for wrong in ["", "s3://", "s3:///x", "s3://City", "s3://a", "https://example.org/x", "gs://city-files"] {
            assert!(wrong.parse::<Place>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_place_is_written_as_it_is_read() {
        for text in ["pobratim-files", "/var/lib/pobratim/files", "s3://city-files", "s3://city-files/a/b"] {
            assert_eq!(text.parse::<Place>().map(|place| place.to_string()), Ok(text.to_owned()));
        }
    }
}
