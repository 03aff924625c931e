use std::fs;

use super::process::{run, stderr, stdout, whmcs_api};
use crate::support::{Scratch, UnusedAddress};

#[test]
fn help_names_the_commands_and_options() {
    let help = stdout(&run(&["--help"]));
    for word in [
        "serve",
        "demo",
        "migrate",
        "credential",
        "role",
        "log",
        "mail",
        "audit",
        "actions",
        "config",
        "--config <FILE>",
        "--listen <ADDR>",
        "--data-dir <DIR>",
        "WHMCS_API_",
    ] {
        assert!(help.contains(word), "{word} is not in\n{help}");
    }
    assert!(stdout(&run(&["demo", "--help"])).contains("--keep"));
}

#[test]
fn config_prints_what_is_in_force_without_secrets() {
    let folder = Scratch::new("config");
    let file = folder.join("config.toml");
    fs::write(
        &file,
        "listen = '127.0.0.1:1'\ndata_dir = '/from/file'\n[database]\nurl = 'mysql://root:s3cret@db/whmcs'\n",
    )
    .unwrap();
    let output = whmcs_api(&["config", "--config", file.to_str().unwrap(), "--listen", "127.0.0.1:3"])
        .env("WHMCS_API_LISTEN", "127.0.0.1:2")
        .env("WHMCS_API_LIMITS_CALL_SECONDS", "7")
        .env("WHMCS_API_MAIL_SMTP_PASSWORD", "s3cret")
        .output()
        .unwrap();
    let printed = stdout(&output);
    for line in [
        "listen = \"127.0.0.1:3\"",
        "data_dir = \"/from/file\"",
        "call_seconds = 7",
        "url = \"mysql://root:***@db/whmcs\"",
        "smtp_password = \"***\"",
    ] {
        assert!(printed.contains(line), "{line} is not in\n{printed}{}", stderr(&output));
    }
    assert!(!printed.contains("s3cret"), "{printed}");
}

#[test]
fn what_is_wrong_with_the_settings_is_named() {
    let folder = Scratch::new("settings");
    for (text, told) in [
        ("listne = '127.0.0.1:1'", vec!["line 1", "listne", "listen", "data_dir"]),
        ("[compat]\nproducts_active = 'round'", vec!["line 2", "wrapped", "flat"]),
        ("[database]\nconnections = 'many'", vec!["line 2", "connections"]),
        ("[database]\nconnections = 0", vec!["database.connections", "at least 1"]),
        ("listen = ", vec!["line 1"]),
        ("[database]\nuri = 'mysql://root:s3cret@db/whmcs'", vec!["line 2", "uri", "url"]),
        ("[database]\nurl = 'mysql://root:s3cret@db/whmcs", vec!["line 2"]),
    ] {
        let file = folder.join("settings.toml");
        fs::write(&file, text).unwrap();
        let output = run(&["config", "--config", file.to_str().unwrap()]);
        assert!(!output.status.success());
        assert!(!stderr(&output).contains("s3cret"), "{}", stderr(&output));
        for word in told {
            assert!(stderr(&output).contains(word), "{word} is not in\n{}", stderr(&output));
        }
    }
    let output = run(&["config", "--config", "/no/such/file"]);
    assert!(stderr(&output).contains("/no/such/file"));
    let output = whmcs_api(&["config"]).env("WHMCS_API_LISTNE", "x").output().unwrap();
    assert!(stderr(&output).contains("WHMCS_API_LISTNE") && stderr(&output).contains("WHMCS_API_LISTEN"));
}

#[test]
fn demo_listens_on_this_machine_only() {
    for address in ["0.0.0.0:0", "192.0.2.1:80", "[::]:0"] {
        let output = run(&["demo", "--listen", address]);
        assert!(!output.status.success());
        assert!(
            stderr(&output).contains("on this machine only") && stderr(&output).contains(address),
            "{}",
            stderr(&output)
        );
    }
}

#[test]
fn a_database_that_does_not_answer_is_named_without_its_password() {
    let nobody = UnusedAddress::reserve();
    for command in ["serve", "migrate"] {
        let output = whmcs_api(&[command])
            .env("WHMCS_API_DATABASE_URL", format!("mysql://root:s3cret@{nobody}/whmcs"))
            .output()
            .unwrap();
        assert!(!output.status.success());
        assert!(stderr(&output).contains("refused") && !stderr(&output).contains("s3cret"), "{}", stderr(&output));
    }
}

#[test]
fn keys_are_made_added_and_put_first() {
    let folder = Scratch::new("key-commands");
    let file = folder.join("keys");
    let key = |arguments: &[&str]| {
        let arguments = [&["key"], arguments].concat();
        let output = whmcs_api(&arguments).env("WHMCS_API_KEYS_FILE", &file).output().unwrap();
        if output.status.success() { Ok(stdout(&output)) } else { Err(stderr(&output)) }
    };
    assert!(key(&["list"]).unwrap_err().contains("`whmcs-api key create` writes a new one"));
    key(&["create"]).unwrap();
    let first = key(&["list"]).unwrap();
    assert!(first.ends_with("  seals and opens\n") && first.lines().count() == 1, "{first}");
    assert!(key(&["create"]).unwrap_err().contains("is there already"));
    key(&["add"]).unwrap();
    let both = key(&["list"]).unwrap();
    let added = both.lines().nth(1).unwrap().strip_suffix("  opens").unwrap();
    key(&["use", added]).unwrap();
    assert!(key(&["list"]).unwrap().starts_with(&format!("{added}  seals and opens\n")));
    assert!(key(&["use", "nope"]).unwrap_err().contains("has no key nope"));
    // With the embedded database, the file is in the data directory.
    let output = run(&["key", "create", "--data-dir", folder.join("data").to_str().unwrap()]);
    assert!(output.status.success() && folder.join("data/keys").exists(), "{}", stderr(&output));
    let own = whmcs_api(&["key", "list"]).env("WHMCS_API_DATABASE_URL", "mysql://root@db/whmcs").output().unwrap();
    assert!(stderr(&own).contains("keys.file is not set"), "{}", stderr(&own));
}
