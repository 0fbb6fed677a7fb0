"""What people would write instead, made anew from public descriptions of how a chat is built on these services.

Each is kept as good as its pattern allows: clients are made once, lists are paged, gone sockets are forgotten. All of
them do with a frame what ``sendMessage`` does: check the sender, store the message, push it to the others, answer.
"""
