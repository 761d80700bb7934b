greeting = Hello { $name }! I am { $bot }. Ask me about prices, VIP or support, any time.
consent-ask = May I write to you now and then with offers, tips and news? You can stop it at any moment with /stop.
consent-yes-button = Yes, write to me
consent-no-button = No, thanks
consent-thanks = Thank you! You will get few messages, at good times. /settings sets how many and when, /stop ends it.
consent-declined = All right, I will not write first. If you change your mind: /start

menu-price = Prices
menu-vip = VIP
menu-support = Support
menu-news = News
answer-price = Tell me what you are interested in, and I will send you the price.
answer-vip = VIP is our membership. Ask me about it, and a person will tell you more.
answer-vip-price =
    VIP is our membership. { $stars ->
        [one] It costs one Star.
       *[other] It costs { $stars } Stars.
    }
answer-buy = You can pay right here in the chat. Tell me what you would like.
answer-support = I am sorry that something is not right. Write what happened and a person will look at it.
answer-news = There is nothing new right now. I will write when there is, if you allowed it.

stopped = Done. I will not write to you first any more. /start brings me back.
stopped-group = Done. I will not write to you first any more.
write-in-private = Let's talk about that in private: { $address }
help =
    /start - begin, and choose what you want to hear
    /settings - topics, how often, quiet hours, timezone, language
    /stop - no more messages from us
    /mydata - get a file of everything I know about you
    /forget - have what I know about you erased
    /paysupport - help with a payment
    /timezone Europe/Berlin - tell me your timezone
    /language en - choose a language (tr, en)
timezone-set = Thank you. Your timezone is now { $zone }.
timezone-unknown = I don't know { $zone }.
timezone-help = Please write it like this: /timezone Europe/Istanbul
language-set = I will speak English with you.
language-help = Please write /language tr or /language en
campaign-thanks = Thank you, noted!
campaign-more = Gladly. Ask me anything about it here.
campaign-buy = Great choice. You can pay right here in the chat.

buy-vip-button = { $stars ->
    [one] Become VIP for one Star
   *[other] Become VIP for { $stars } Stars
}
vip-not-for-sale = VIP is not for sale at the moment. Write to us and a person will help you.
invoice-title = VIP
invoice-text = Membership as VIP.
checkout-refused = We can't take payments at the moment. Nothing was charged.
checkout-twice = You are VIP already, so you don't have to pay again. Nothing was charged.
vip-yours = You are VIP already, so there is nothing to pay.
shipping-refused = We don't ship anything. Nothing was charged.
payment-thanks = Payment received. Thank you!
payment-thanks-vip = Payment received. Welcome among the VIPs!
payment-thanks-vip-link = Payment received. Welcome among the VIPs! This lets you into the group; it works once:
payment-thanks-vip-person = Payment received. Welcome among the VIPs! A person will add you to the group soon.
payment-refunded = Your payment was given back. The amount returns the way it came.

settings-title = Your settings. Tap what you want to change.
settings-consent-yes = I may write to you first.
settings-consent-no = I don't write to you first.
settings-topics = Topics: { $topics }
settings-none = none
settings-frequency = How often: { $frequency }
settings-quiet = Quiet hours: { $quiet }
settings-zone = Timezone: { $zone }
settings-language = Language: { $name }
page-muted = Topics
page-frequency = How often
page-quiet = Quiet hours
page-zone = Timezone
page-language = Language
page-back = « Back
topics-ask = What would you like to hear about? Tap a topic to turn it on or off.
topic-offer = Offers
topic-reminder = Reminders
topic-tutorial = Tips
topic-social = Community
topic-news = News
topic-poll = Polls
frequency-ask = How often may I write first?
frequency-ours = seldom, when it seems right
frequency-days = { $days ->
    [one] at most once a day
    [7] at most once a week
    [30] at most once a month
   *[other] at most once in { $days } days
}
quiet-ask = At which hours of your day should I stay silent?
quiet-ours = from 22 to 8, unless you are up yourself
quiet-own = always from { $start } to { $end }
quiet-off = none, any hour is fine
quiet-needs-zone = I don't know your timezone for certain. Please choose it, so that I can keep to these hours; until I am sure I stay silent.
zone-ask =
    Where does your clock run?
    Not in the list? Write it like this: /timezone Area/City
zone-unknown = not set
area-europe = Europe
area-asia = Asia and the Middle East
area-america = America
area-africa = Africa
area-pacific = Australia and the Pacific
language-ask = Which language shall I speak?
language-en = English
language-tr = Türkçe

forget-ask =
    Shall I forget you? I will erase your profile, your settings, your history and your messages to me. This can't be undone.
    What stays bears no name: a mark, so that nobody enters you again by mistake, and figures. Telegram keeps this chat until you delete it.
    With /mydata you get a copy first.
forget-yes-button = Yes, forget me
forget-no-button = No, keep everything
forget-noted = I am erasing what I know about you.
forget-done = Done: what I know about you is being erased now. I will not write to you again. If you ever want to come back: /start
forget-kept = All right, everything stays as it is.
forgotten = I know nothing about you any more. /start brings me back.
forgotten-pays = I know nothing about you any more, so I can't sell to you. Nothing was charged. /start brings me back.

mydata-nothing = I have nothing stored about you.
mydata-file = my-data
mydata-caption = Everything I know about you: this file is for reading, the next one for programs.
mydata-title = What is stored about you, as of { $moment } UTC
mydata-person = About you
mydata-settings = Your settings
mydata-consents = What you agreed to
mydata-consent-yes = { $moment } UTC: yes
mydata-consent-no = { $moment } UTC: no
mydata-groups = Groups where you were seen
mydata-segments = How we sort you
mydata-share = { $name }: { $share } % certain
mydata-stated = What others noted about you
mydata-tags = Tags: { $tags }
mydata-noted = { $moment } UTC: { $text }
mydata-activity = What you did
mydata-purchases = Your payments
mydata-purchase = { $moment } UTC: { $amount } { $currency }
mydata-refunded = { $moment } UTC: { $amount } { $currency } given back
mydata-messages = Messages to you
mydata-message = { $moment } UTC: { $text }
mydata-empty = nothing
mydata-note = Each event with its time, all calculated figures and all identifiers are in the second file (JSON). What you write is kept word for word for a few days at most, then only its length and subject.
mydata-name = Name: { $value }
mydata-username = Username: { $value }
mydata-language = Language of your Telegram: { $value }
mydata-since = Known since: { $value } UTC
mydata-count-messages = Messages you wrote: { $n }
mydata-count-commands = Commands: { $n }
mydata-count-taps = Buttons tapped: { $n }
mydata-count-groups = Messages in groups: { $n }
mydata-count-reactions = Reactions and votes: { $n }
mydata-count-answers = Answers to our messages: { $n }
mydata-count-others = Everything else: { $n }
command-start = begin, and choose what you want to hear
command-help = what you can do here
command-settings = topics, how often, quiet hours, language
command-stop = no more messages from us
command-mydata = a file of everything I know about you
command-forget = have what I know about you erased

broadcast-test = TEST of the broadcast { $name }, variant { $variant }. Only operators get this.
broadcast-how = Write me the message first, then reply to it with /broadcast.
broadcast-audience = To whom shall I send this message? I copy it as it is.
broadcast-everybody = Everybody ({ $people })
broadcast-all = everybody
broadcast-segment = { $segment } ({ $people })
broadcast-counting = Counting...
broadcast-plan = { $name }: to { $audience }. { $people ->
        [one] One person is meant.
       *[other] { $people } people are meant.
    }
broadcast-would = { $messages ->
        [one] One message would go out
       *[other] { $messages } messages would go out
    }, in { $minutes ->
        [0] less than a minute
        [one] about a minute
       *[other] about { $minutes } minutes
    }.
broadcast-later = Later: { $reason } ({ $people })
broadcast-never = Nobody of these gets it: { $reason } ({ $people })
broadcast-no-hour = nothing is known of their day
broadcast-button-test = Test to me
broadcast-button-now = Send now
broadcast-button-best = At each one's best time
broadcast-button-cancel = Cancel
broadcast-tested = Test: { $people ->
        [one] one operator has it.
       *[other] { $people } operators have it.
    }
broadcast-progress = { $name }: { $state }. { $done } of { $messages } are through, { $sent } sent.
broadcast-eta = Done about { $time } UTC.
broadcast-report = { $name }: { $state }. { $sent } sent, { $answered } answered, { $blocked } blocked, { $out } opted out.
broadcast-skipped = Without a message: { $people }.
broadcast-state-draft = draft
broadcast-state-scheduled = waits for its time
broadcast-state-running = under way
broadcast-state-paused = paused
broadcast-state-stopped = stopped by itself
broadcast-state-done = done
broadcast-state-cancelled = cancelled
broadcast-refused = That did not work: { $reason }
