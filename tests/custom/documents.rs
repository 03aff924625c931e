//! The examples of `docs/custom-actions.md`: the settings, the statement, and the endpoints in Python and PHP.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tokio::net::TcpSocket;
use whmcs_api::actions::Catalogue;
use whmcs_api::config::{Secret, Settings};

use super::{api_on, settings};
use crate::support::{Scratch, until_ok};

const DOCUMENT: &str = include_str!("../../docs/custom-actions.md");
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Returns the examples in this language, in order.
fn examples(language: &str) -> Vec<&'static str> {
    let opening = format!("```{language}\n");
    DOCUMENT.split(&opening).skip(1).map(|rest| rest.split_once("```").unwrap().0).collect()
}

#[test]
fn each_example_of_settings_is_valid() {
    for example in examples("toml") {
        let parsed: Settings = toml::from_str(example).unwrap_or_else(|error| panic!("{error}: {example}"));
        assert_eq!(Catalogue::of(&parsed).err(), None, "{example}");
    }
}

#[tokio::test]
async fn the_statement_answers_as_the_action_of_this_program() {
    let example = examples("toml").into_iter().find(|example| example.contains("GetVisibleGroups")).unwrap();
    let api = api_on(
        "INSERT INTO tblproductgroups (id, name, hidden, `order`) VALUES (1, 'Servers', 0, 2), (2, 'Hidden', 1, 1), \
         (3, 'Web Hosting - Linux', 0, 1), (4, 'Last & least', 0, 2)",
        settings(example),
    )
    .await;
    for request in ["", "gid=", "gid=1", "gid=2", "gid=9", "gid=0", "gid=x", "gid=1abc", "gid[]=1", "gid=1.0"] {
        for format in ["json", "xml", "nvp"] {
            let [own, custom] = ["GetProductsGroups", "GetVisibleGroups"]
                .map(|action| format!("action={action}&{request}&responsetype={format}"));
            let (own, custom) = (api.send(&own).await, api.send(&custom).await);
            let custom = (custom.0, custom.1.replace("getvisiblegroups", "getproductsgroups"));
            assert_eq!(custom, own, "{request} {format}");
        }
    }
}

/// A program that is ended with the test.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Reserves an address on which only a program can listen that may reuse addresses, as both languages do.
fn reserve() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

/// Has an endpoint answer a call of ProvisionVps, and one with a wrong signature.
async fn answers(command: &mut Command, address: SocketAddr, reply: Value) {
    let _program = Program(command.env("SECRET", SECRET).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let action = |secret: &str| {
        let mut settings =
            settings(examples("toml").into_iter().find(|example| example.contains("ProvisionVps")).unwrap());
        let action = settings.actions.get_mut("ProvisionVps").unwrap();
        action.url = format!("http://{address}/custom-action.php");
        action.secret = Secret(secret.to_owned());
        action.parameters.get_mut("plan").unwrap().default = Some("large".into());
        settings
    };
    let api = api_on("DO 0", action(SECRET)).await;
    let call = "action=ProvisionVps&clientid=7&idempotencykey=order-17";
    until_ok(async || {
        let answer = api.send(call).await;
        if answer == (200, reply.to_string()) { Ok(()) } else { Err(format!("{reply}, but {answer:?}")) }
    })
    .await;
    let api = api_on("DO 0", action("another secret")).await;
    assert_eq!(api.send(call).await.0, 502, "the signature is wrong");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_endpoint_in_python_answers() {
    let (_reserved, address) = reserve();
    let [program] = examples("python")[..] else { panic!("one example in Python") };
    assert!(program.lines().count() <= 15, "it has fifteen lines");
    let program = program.replace("9000", &address.port().to_string());
    let mut command = Command::new("python3");
    answers(command.args(["-c", &program]), address, json!({"result": "success", "vpsid": "vps-7"})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_endpoints_in_php_answer() {
    let php = Command::new("php").arg("-v").stdout(Stdio::null()).status();
    assert!(php.is_ok(), "no php: make php installs it");
    let [endpoint, wrapper] = examples("php")[..] else { panic!("two examples in PHP") };
    assert!(endpoint.lines().count() <= 16, "it has fifteen lines after <?php");
    for (program, reply) in [
        (endpoint, json!({"result": "success", "vpsid": "vps-7"})),
        (wrapper, json!({"result": "success", "client": 7, "plan": "large", "action": "ProvisionVps"})),
    ] {
        let (folder, (_reserved, address)) = (Scratch::new("php"), reserve());
        std::fs::create_dir_all(folder.join("includes/api")).unwrap();
        std::fs::write(folder.join("custom-action.php"), program).unwrap();
        std::fs::write(folder.join("init.php"), "<?php define('WHMCS', true);").unwrap();
        // As such files are: https://developers.whmcs.com/api has actions of the same form.
        let file = "<?php if (!defined('WHMCS')) die('This file cannot be accessed directly');\n\
                    $apiresults = ['result' => 'success', 'client' => $_POST['clientid'], 'plan' => $_REQUEST['plan'], 'action' => $_POST['action']];";
        std::fs::write(folder.join("includes/api/provisionvps.php"), file).unwrap();
        let mut command = Command::new("php");
        command.args(["-S", &address.to_string(), "-t"]).arg(&*folder);
        answers(&mut command, address, reply).await;
    }
}
