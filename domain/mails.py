"""What we write to people: every mail, in English and in Japanese.

A mail that SES does not take is told to the operators and to nobody else: an answer that said so would tell which
addresses have an account.
"""

from adapters import mail
from core import telemetry
from core.settings import settings

CODE = """{code} is your code to {purpose_en}. It is good for five minutes. Nobody of us will ever ask you for it.
If you did not ask for it, somebody may have mistyped their address: you need do nothing.

{purpose_ja}ためのコードは {code} です。有効期間は5分です。運営者がこのコードを尋ねることはありません。
お心当たりがない場合は、このメールを無視してください。
"""

LINK = """Open this link to log in to Kaiwa. It works once, for five minutes:

{link}

If you did not ask for it, you need do nothing.

次のリンクを開くと会話にログインできます。一度だけ、5分間有効です。お心当たりがない場合は、このメールを無視してください。
"""


def send_confirmation(to: str, code: str) -> None:
    """Send the code that confirms a mail address."""
    _send_code(to, code, "confirm your mail address", "メールアドレスを確認する")


def send_password(to: str, code: str) -> None:
    """Send the code that sets a new password."""
    _send_code(to, code, "choose a new password", "パスワードを再設定する")


def send_log_in(to: str, code: str) -> None:
    """Send the code that logs in."""
    _send_code(to, code, "log in", "ログインする")


def send_link(to: str, fragment: str) -> None:
    """Send the link that logs in.

    Args:
        to: The receiver.
        fragment: What stands behind ``#``: browsers keep it from servers and their logs.
    """
    link = f"{settings().web_origins[0]}/#{fragment}"
    _send(to, "Kaiwa: log in / ログイン", LINK.format(link=link))


def _send_code(to: str, code: str, purpose_en: str, purpose_ja: str) -> None:
    text = CODE.format(code=code, purpose_en=purpose_en, purpose_ja=purpose_ja)
    # The code stands in the subject too, where phones show it without opening the mail.
    _send(to, f"Kaiwa: {code}", text)


def _send(to: str, subject: str, text: str) -> None:
    try:
        mail.send(to, subject, text)
    except mail.MailError as error:
        telemetry.logger.error("mail refused", extra={"reason": str(error)})
        telemetry.count("mails_failed")
