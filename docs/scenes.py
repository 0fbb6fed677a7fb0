"""What people say to each other in the README's pictures, in each language that has a README."""

from typing import NamedTuple

# Who says it, and what.
Line = tuple[str, str]


class Chat(NamedTuple):
    """A conversation: with whom, or what the group is called, and how long ago its last line was said."""

    name: str
    lines: list[Line]
    minutes_ago: int
    members: tuple[str, ...] = ()


class Story(NamedTuple):
    """All that happens. The reader is the first of the people; the last chat is the one that is open.

    Attributes:
        locale: Of the reader's browser.
        names: What people are called, by their username.
        chats: From the one that was silent longest; the first of them is not read yet.
        reactions: To lines of the last chat: the number of the line, who, and what.
    """

    locale: str
    names: dict[str, str]
    chats: list[Chat]
    reactions: list[tuple[int, str, str]]


ENGLISH = Story(
    locale="en-GB",
    names={"Ann": "Ann", "Bob": "Bob", "Yuki": "Yuki", "Marta": "Marta"},
    chats=[
        Chat("Marta", [("Marta", "The photos from Kyoto are ready, I'll send them tonight 📷")], 95),
        Chat("Bob", [("Bob", "Did the new build go out?"), ("Ann", "This morning, all green ✅")], 64),
        Chat(
            "Yuki",
            [
                ("Ann", "ゆきさん、明日の待ち合わせはどこがいい？"),
                ("Yuki", "駅の北口はどう？ 本屋の前で。"),
                ("Ann", "いいね！ 十時でだいじょうぶ？"),
                ("Yuki", "だいじょうぶ。 I'll bring the tickets 🎫"),
                ("Yuki", "あと、おにぎりも🍙"),
            ],
            31,
        ),
        Chat(
            "夏祭り 🎆 Summer festival",
            [
                ("Yuki", "みなさん、おはようございます！ The lanterns have arrived 🏮"),
                ("Bob", "Already? That was quick."),
                ("Yuki", "四十個です。 All *forty* of them, and a spare."),
                ("Ann", "Wonderful. I'll bring the ladder and two long cables."),
                ("Bob", "Then I take the grill. Who asks the neighbours about the table?"),
                ("Marta", "Done! They lend us two, and they are coming too 🙌"),
                ("Marta", "Recipe for the okonomiyaki: https://example.com/okonomiyaki"),
                ("Ann", "お好み焼き！ You are the best."),
                ("Yuki", "🎉🎆🍧"),
                ("Bob", "Rain at six, says the forecast. Shall we start at ~five~ *four*?"),
                ("Ann", "Four it is. 四時に川のそばで会いましょう。"),
            ],
            3,
            ("Bob", "Yuki", "Marta"),
        ),
    ],
    reactions=[(5, "Ann", "🎉"), (5, "Bob", "🎉"), (6, "Yuki", "❤️")],
)

JAPANESE = Story(
    locale="ja-JP",
    names={"mio": "佐藤 美緒", "kenta": "高橋 健太", "sakura": "小林 さくら", "haruto": "山本 陽翔"},
    chats=[
        Chat("sakura", [("sakura", "京都の写真ができました！　今夜お送りしますね 📷")], 95),
        Chat(
            "kenta",
            [("kenta", "新しいビルドはもう出ましたか？"), ("mio", "今朝リリースしました。すべて成功です ✅")],
            64,
        ),
        Chat(
            "haruto",
            [
                ("mio", "明日の待ち合わせはどこがいいですか？"),
                ("haruto", "駅の北口はどうでしょう。本屋の前で。"),
                ("mio", "いいですね！　10時で大丈夫ですか？"),
                ("haruto", "大丈夫です。チケットを持っていきます 🎫"),
                ("haruto", "あと、おにぎりも🍙"),
            ],
            31,
        ),
        Chat(
            "夏祭り実行委員会 🎆",
            [
                ("haruto", "みなさん、おはようございます！　提灯が届きました 🏮"),
                ("kenta", "もう届いたんですか。早いですね。"),
                ("haruto", "予備も入れて *四十一個* です。"),
                ("mio", "ありがとうございます！　はしごと延長コードは私が持っていきます。"),
                ("kenta", "では、鉄板は私が。テーブルはどなたかご近所に聞いてもらえますか？"),
                ("sakura", "聞いておきました！　2台貸してくださるそうです。ご家族でいらっしゃるとのこと 🙌"),
                ("sakura", "お好み焼きのレシピです: https://example.com/okonomiyaki"),
                ("mio", "おいしそう！　さすがです。"),
                ("haruto", "🎉🎆🍧"),
                ("kenta", "予報では18時から雨だそうです。開始は ~17時~ *16時* にしましょうか？"),
                ("mio", "そうしましょう。16時に川のそばで会いましょう。"),
            ],
            3,
            ("kenta", "sakura", "haruto"),
        ),
    ],
    reactions=[(5, "mio", "🎉"), (5, "kenta", "🎉"), (6, "haruto", "❤️")],
)

# By what stands between the name of a picture and its ending.
STORIES = {"": ENGLISH, ".ja": JAPANESE}
