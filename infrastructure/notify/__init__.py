"""Ways to send messages: GOV.UK Notify, SMTP, and a local mailbox. Each fulfils `application.ports.Notifier`."""
