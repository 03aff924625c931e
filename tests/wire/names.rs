//! Parameter names, compared with PHP itself. Without PHP, only the table in `src/wire/decode/names.rs` is tested.

use std::io::Write;
use std::process::{Command, Stdio};

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::Value;
use whmcs_api::wire::decode::names::Names;

const SCRIPT: &str = "while (($line = fgets(STDIN)) !== false) { parse_str(rtrim($line, \"\\n\"), $values); \
                      echo json_encode($values, JSON_FORCE_OBJECT), \"\\n\"; }";

fn ours(form: &str) -> Value {
    let mut names = Names::default();
    for (name, value) in serde_urlencoded::from_str::<Vec<(String, String)>>(form).unwrap() {
        names.insert(name, value).unwrap();
    }
    Value::Object(names.into_values())
}

fn php(forms: &[String]) -> Option<Vec<Value>> {
    let mut command = Command::new("php");
    let mut php = command.args(["-r", SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    let mut input = php.stdin.take()?;
    let lines = forms.join("\n");
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = php.wait_with_output().ok()?;
    writer.join().ok()?.ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

#[test]
fn generated_forms_are_read_as_php_reads_them() {
    let form = proptest::string::string_regex(
        "((a|b|a\\[|\\]|\\[|\\[\\]|\\[[a0-3]\\]|\\[05\\]|\\[-1\\]|\\.|\\+|%00|_|&|=1&|=2){1,16}=x&?){1,4}",
    );
    let (form, mut runner) = (form.unwrap(), TestRunner::deterministic());
    let forms: Vec<String> = (0..5000).map(|_| form.new_tree(&mut runner).unwrap().current()).collect();
    let Some(expected) = php(&forms) else {
        eprintln!("there is no php to compare with: apt-get install php-cli");
        return;
    };
    assert_eq!(expected.len(), forms.len());
    for (form, expected) in forms.iter().zip(expected) {
        assert_eq!(ours(form), expected, "{form}");
    }
}
