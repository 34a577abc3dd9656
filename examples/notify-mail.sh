#!/bin/sh
# Mails a notification of meshmon. Set in meshmon.conf:
#   NOTIFY_COMMAND=/path/to/examples/notify-mail.sh you@example.org other@example.org
# Needs Node.js, which meshmon needs anyway, and a mail program with sendmail's options: msmtp, postfix, exim, busybox ...
# MAIL_FROM sets the sender, SENDMAIL the program.
set -eu

[ $# -gt 0 ] || { echo "usage: $0 ADDRESS..." >&2; exit 2; }

mail=$(MAIL_TO="$(IFS=,; echo "$*")" node -e '
  const message = JSON.parse(require("node:fs").readFileSync(0, "utf8"))
  const { MAIL_TO, MAIL_FROM = "meshmon" } = process.env
  const base64 = (text) => Buffer.from(text).toString("base64")
  // RFC 2047: at most 75 characters a word, no character cut in two.
  const words = [...message.title.matchAll(/.{1,11}/gsu)].map(([part]) => `=?UTF-8?B?${base64(part)}?=`)
  const priority = message.severity === "critical" && message.event !== "closed" ? 1 : 3
  console.log([
    `From: ${MAIL_FROM}`,
    `To: ${MAIL_TO.split(",").join(", ")}`,
    `Subject: ${words.join("\n ")}`,
    `Date: ${new Date(message.sent_at).toUTCString().replace("GMT", "+0000")}`,
    `Message-ID: <${encodeURIComponent(message.key)}@meshmon>`,
    `X-Priority: ${priority}`,
    "Auto-Submitted: auto-generated",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: base64",
    "",
    base64(message.text).replace(/.{76}/g, "$&\n"),
  ].join("\n"))
')

printf '%s\n' "$mail" | "${SENDMAIL:-/usr/sbin/sendmail}" -i -t
