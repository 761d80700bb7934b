greeting = Hello { $name }! I am { $bot }. Ask me about prices, VIP or support, any time.
consent-ask = May I write to you now and then with offers, tips and news? You can stop it at any moment with /stop.
consent-yes-button = Yes, write to me
consent-no-button = No, thanks
consent-thanks = Thank you! You will get few messages, at good times. /stop ends it.
consent-declined = All right, I will not write first. If you change your mind: /start
menu-price = Prices
menu-vip = VIP
menu-support = Support
menu-news = News
answer-price = Our prices start at 199 TL. Tap VIP to see what members pay.
answer-vip = VIP members get early access, better prices and a private group. It costs 500 Stars a month.
answer-buy = You can pay right here in the chat. Tell me what you would like.
answer-support = I am sorry that something is not right. Write what happened and a person will look at it.
answer-news = New this week: fresh arrivals and a members' evening.
stopped = Done. I will not write to you first any more. /start brings me back.
help =
    /start - begin, and choose what you want to hear
    /timezone Europe/Berlin - tell me your timezone
    /language en - choose a language (tr, en)
    /stop - no more messages from us
timezone-set = Thank you. Your timezone is now { $zone }.
timezone-help = Please write it like this: /timezone Europe/Istanbul
language-set = I will speak English with you.
language-help = Please write /language tr or /language en
payment-thanks = Payment received. Thank you!
campaign-thanks = Thank you, noted!
campaign-more = Gladly. Ask me anything about it here.
campaign-buy = Great choice. You can pay right here in the chat.
