//! Decoding of `multipart/form-data`, which PHP's curl sends when it is given an array.

use multer::Multipart;

use super::{File, FormReader, Malformed, Parameters};

/// Decodes a body that is in memory: texts become parameters, files are collected separately.
pub async fn decode(content_type: &str, body: &[u8]) -> Result<Parameters, Malformed> {
    let malformed = |error: multer::Error| Malformed(format!("The body is no multipart form: {error}").into());
    let boundary = multer::parse_boundary(content_type).map_err(malformed)?;
    let mut form = Multipart::with_reader(body, boundary);
    let mut reader = FormReader::default();
    while let Some(part) = form.next_field().await.map_err(malformed)? {
        let parameter = part.name().unwrap_or_default().to_owned();
        let file_name = part.file_name().map(str::to_owned);
        let content = part.bytes().await.map_err(malformed)?;
        match file_name {
            Some(name) => reader.file(File { parameter, name, content: content.to_vec() })?,
            None => reader.text(parameter, String::from_utf8_lossy(&content).into_owned())?,
        }
    }
    Ok(reader.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=\"b o\"";

    fn part(headers: &str, content: &str) -> String {
        format!("--b o\r\nContent-Disposition: form-data; {headers}\r\n\r\n{content}\r\n")
    }

    #[tokio::test]
    async fn texts_are_parameters_and_files_are_kept_apart() {
        let parts = [
            part("name=\"action\"", "OpenTicket"),
            part("name=\"a[x]\"", "1"),
            part("name=\"a[y]\"; ", "tw\r\no"),
            part("name=\"attachments[]\"; filename=\"../a.txt\"\r\nContent-Type: text/plain", "--b"),
            part("name=\"empty\"", ""),
        ];
        let parameters = decode(TYPE, format!("{}--b o--\r\n", parts.concat()).as_bytes()).await.unwrap();
        assert_eq!(
            serde_json::to_string(&parameters.values).unwrap(),
            r#"{"action":"OpenTicket","a":{"x":"1","y":"tw\r\no"},"empty":""}"#
        );
        let file = File { parameter: "attachments[]".into(), name: "../a.txt".into(), content: b"--b".to_vec() };
        assert_eq!(parameters.files, [file]);
    }

    #[tokio::test]
    async fn anything_else_is_rejected_with_the_reason() {
        for (content_type, body) in [
            ("multipart/form-data", "x"),
            (TYPE, "no parts"),
            (TYPE, "--b o\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\ncut short"),
        ] {
            let error = decode(content_type, body.as_bytes()).await.unwrap_err().to_string();
            assert!(error.starts_with("The body is no multipart form: "), "{error}");
        }
    }

    /// A form with both texts and files.
    #[tokio::test]
    async fn the_number_of_parameters_is_limited() {
        let file = part("name=\"f[]\"; filename=\"a.txt\"", "");
        let body = |texts| format!("{}{}--b o--\r\n", part("name=\"a\"", "1").repeat(texts), file.repeat(5000));
        let parameters = decode(TYPE, body(5000).as_bytes()).await.unwrap();
        assert_eq!((parameters.values.len(), parameters.files.len()), (1, 5000));
        let error = decode(TYPE, body(5001).as_bytes()).await.unwrap_err();
        assert_eq!(error.to_string(), "A request may have 10000 parameters at most");
    }
}
