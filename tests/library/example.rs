use whmcs_api::testing::Server;

#[test]
fn a_lost_answer_does_not_give_the_credit_twice() -> Result<(), Box<dyn std::error::Error>> {
    // A WHMCS for this test alone, on a free port. It loses the first response to AddCredit.
    let whmcs = Server::builder().now("2026-11-20T12:30:00Z").fault("action=AddCredit,drop,after,times=1").start()?;

    // Replace these lines by the program that you test.
    let call = |parameters: &[(&str, &str)]| {
        let credential = [("identifier", whmcs.identifier()), ("secret", whmcs.secret()), ("responsetype", "json")];
        let reply = ureq::post(whmcs.url()).send_form(credential.iter().chain(parameters).copied())?;
        reply.into_body().read_json::<serde_json::Value>()
    };
    let thanks = [("action", "AddCredit"), ("clientid", "1"), ("amount", "5.00"), ("idempotencykey", "thanks-1")];
    assert!(call(&thanks).is_err());
    assert_eq!(call(&thanks)?["newbalance"], "116.11");

    let history = call(&[("action", "GetCredits"), ("clientid", "1")])?;
    assert_eq!(history["totalresults"], 4);
    assert_eq!(history["credits"]["credit"][3]["date"], "2026-11-20");
    Ok(())
} // The server stops here, and its data are gone.
