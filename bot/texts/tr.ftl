greeting = Merhaba { $name }! Ben { $bot }. Fiyat, VIP veya destek için bana istediğin zaman yazabilirsin.
consent-ask = Sana ara sıra fırsat, ipucu ve haber gönderebilir miyim? /stop ile her an durdurabilirsin.
consent-yes-button = Evet, yaz
consent-no-button = Hayır, teşekkürler
consent-thanks = Teşekkürler! Az ve doğru zamanda yazacağım. Ne sıklıkta ve ne zaman yazacağımı /settings ile seçebilir, /stop ile bitirebilirsin.
consent-declined = Tamam, ben önce yazmayacağım. Fikrin değişirse: /start

menu-price = Fiyatlar
menu-vip = VIP
menu-support = Destek
menu-news = Haberler
answer-price = Neyle ilgilendiğini yaz, sana fiyatını göndereyim.
answer-vip = VIP bizim üyeliğimiz. Merak ettiğini sor, bir arkadaşımız anlatsın.
answer-vip-price =
    VIP bizim üyeliğimiz. { $stars ->
       *[other] Ücreti { $stars } Yıldız.
    }
answer-buy = Ödemeyi burada, sohbette yapabilirsin. Ne istediğini yaz.
answer-support = Sorun yaşadığın için üzgünüm. Ne olduğunu yaz, bir arkadaşımız ilgilenecek.
answer-news = Şu anda yeni bir şey yok. Olunca yazarım, izin verdiysen.

stopped = Tamam. Artık ben önce yazmayacağım. /start ile geri dönebilirsin.
stopped-group = Tamam. Artık ben önce yazmayacağım.
write-in-private = Bunu özelden konuşalım: { $address }
help =
    /start - başla ve ne duymak istediğini seç
    /settings - konular, sıklık, sessiz saatler, saat dilimi, dil
    /stop - bizden mesaj gelmesin
    /mydata - hakkında bildiğim her şeyi dosya olarak al
    /forget - hakkında bildiklerimi sildir
    /paysupport - ödemeyle ilgili yardım
    /timezone Europe/Istanbul - saat dilimini söyle
    /language tr - dil seç (tr, en)
timezone-set = Teşekkürler. Saat dilimin artık { $zone }.
timezone-unknown = { $zone } diye bir saat dilimi bilmiyorum.
timezone-help = Lütfen şöyle yaz: /timezone Europe/Istanbul
language-set = Seninle Türkçe konuşacağım.
language-help = Lütfen /language tr veya /language en yaz
campaign-thanks = Teşekkürler, not ettim!
campaign-more = Elbette. Merak ettiğini buradan sor.
campaign-buy = Harika seçim. Ödemeyi burada, sohbette yapabilirsin.

buy-vip-button = { $stars ->
   *[other] { $stars } Yıldıza VIP ol
}
vip-not-for-sale = VIP şu anda satışta değil. Bize yaz, bir arkadaşımız yardımcı olsun.
invoice-title = VIP
invoice-text = VIP üyelik.
checkout-refused = Şu anda ödeme alamıyoruz. Hesabından para çekilmedi.
checkout-twice = Zaten VIP üyesisin, yeniden ödemene gerek yok. Hesabından para çekilmedi.
vip-yours = Zaten VIP üyesisin, ödemen gereken bir şey yok.
shipping-refused = Kargo ile gönderim yapmıyoruz. Hesabından para çekilmedi.
payment-thanks = Ödeme alındı. Teşekkürler!
payment-thanks-vip = Ödeme alındı. VIP'ler arasına hoş geldin!
payment-thanks-vip-link = Ödeme alındı. VIP'ler arasına hoş geldin! Bu bağlantı seni gruba alır; bir kez kullanılır:
payment-thanks-vip-person = Ödeme alındı. VIP'ler arasına hoş geldin! Bir arkadaşımız seni yakında gruba ekleyecek.
payment-refunded = Ödemen iade edildi. Tutar, geldiği yoldan sana dönecek.

settings-title = Ayarların. Değiştirmek istediğine dokun.
settings-consent-yes = Sana önce ben yazabilirim.
settings-consent-no = Sana önce ben yazmıyorum.
settings-topics = Konular: { $topics }
settings-none = hiçbiri
settings-frequency = Sıklık: { $frequency }
settings-quiet = Sessiz saatler: { $quiet }
settings-zone = Saat dilimi: { $zone }
settings-language = Dil: { $name }
page-muted = Konular
page-frequency = Sıklık
page-quiet = Sessiz saatler
page-zone = Saat dilimi
page-language = Dil
page-back = « Geri
topics-ask = Neler duymak istersin? Açmak veya kapatmak için konuya dokun.
topic-offer = Fırsatlar
topic-reminder = Hatırlatmalar
topic-tutorial = İpuçları
topic-social = Topluluk
topic-news = Haberler
topic-poll = Anketler
frequency-ask = Sana ne sıklıkta önce ben yazabilirim?
frequency-ours = uygun olduğunda, seyrek
frequency-days = { $days ->
    [1] en çok günde bir
    [7] en çok haftada bir
    [30] en çok ayda bir
   *[other] en çok { $days } günde bir
}
quiet-ask = Gününün hangi saatlerinde sessiz kalayım?
quiet-ours = 22 ile 8 arası (o saatlerde uyanıksan yazabilirim)
quiet-own = her zaman { $start } ile { $end } arası
quiet-off = yok, her saat olur
quiet-needs-zone = Saat dilimini kesin bilmiyorum. Bu saatlere uyabilmem için lütfen seç; emin olana kadar sessiz kalacağım.
zone-ask =
    Saatin nereye göre?
    Listede yok mu? Şöyle yaz: /timezone Bölge/Şehir (örneğin Europe/Istanbul)
zone-unknown = belirtilmedi
area-europe = Avrupa
area-asia = Asya ve Orta Doğu
area-america = Amerika
area-africa = Afrika
area-pacific = Avustralya ve Pasifik
language-ask = Hangi dilde konuşayım?
language-en = English
language-tr = Türkçe

forget-ask =
    Seni unutayım mı? Profilini, ayarlarını, geçmişini ve bana yazdıklarını silerim. Bu geri alınamaz.
    Geriye kalanlarda adın geçmez: yanlışlıkla yeniden kaydedilmemen için bir işaret ve sayılar. Bu sohbeti sen silene kadar Telegram saklar.
    Önce /mydata ile bir kopya alabilirsin.
forget-yes-button = Evet, beni unut
forget-no-button = Hayır, her şey kalsın
forget-noted = Hakkında bildiklerimi siliyorum.
forget-done = Tamam: hakkında bildiklerim şimdi siliniyor. Sana bir daha yazmayacağım. Bir gün geri dönmek istersen: /start
forget-kept = Tamam, her şey olduğu gibi kalıyor.
forgotten = Artık hakkında hiçbir şey bilmiyorum. /start ile geri dönebilirsin.
forgotten-pays = Artık hakkında hiçbir şey bilmiyorum, bu yüzden ödeme alamam. Hesabından para çekilmedi. /start ile geri dönebilirsin.

mydata-nothing = Hakkında hiçbir kayıt yok.
mydata-file = verilerim
mydata-caption = Hakkında bildiğim her şey: bu dosya okumak için, bir sonraki programlar için.
mydata-title = { $moment } UTC itibarıyla hakkında saklananlar
mydata-person = Senin hakkında
mydata-settings = Ayarların
mydata-consents = Verdiğin izinler
mydata-consent-yes = { $moment } UTC: evet
mydata-consent-no = { $moment } UTC: hayır
mydata-groups = Görüldüğün gruplar
mydata-segments = Seni nasıl sınıflandırıyoruz
mydata-share = { $name }: %{ $share } olasılıkla
mydata-stated = Başkalarının senin hakkında kaydettikleri
mydata-tags = Etiketler: { $tags }
mydata-noted = { $moment } UTC: { $text }
mydata-activity = Yaptıkların
mydata-purchases = Ödemelerin
mydata-purchase = { $moment } UTC: { $amount } { $currency }
mydata-refunded = { $moment } UTC: { $amount } { $currency } iade edildi
mydata-messages = Sana giden mesajlar
mydata-message = { $moment } UTC: { $text }
mydata-empty = kayıt yok
mydata-note = Her olay zamanıyla, hesaplanan bütün değerler ve bütün kimlikler ikinci dosyada (JSON). Yazdıkların kelimesi kelimesine en çok birkaç gün saklanır, sonra yalnızca uzunluğu ve konusu kalır.
mydata-name = Ad: { $value }
mydata-username = Kullanıcı adı: { $value }
mydata-language = Telegram dilin: { $value }
mydata-since = İlk kayıt: { $value } UTC
mydata-count-messages = Yazdığın mesajlar: { $n }
mydata-count-commands = Komutlar: { $n }
mydata-count-taps = Dokunduğun düğmeler: { $n }
mydata-count-groups = Gruplardaki mesajlar: { $n }
mydata-count-reactions = Tepkiler ve oylar: { $n }
mydata-count-answers = Mesajlarımıza yanıtlar: { $n }
mydata-count-others = Diğer her şey: { $n }
command-start = başla ve ne duymak istediğini seç
command-help = burada neler yapabilirsin
command-settings = konular, sıklık, sessiz saatler, dil
command-stop = bizden mesaj gelmesin
command-mydata = hakkında bildiğim her şey, dosya olarak
command-forget = hakkında bildiklerimi sildir

broadcast-test = { $name } yayınının DENEMESİ, sürüm { $variant }. Bunu yalnızca yöneticiler görür.
broadcast-how = Önce bana mesajı yazın, sonra ona /broadcast diye yanıt verin.
broadcast-audience = Bu mesajı kime göndereyim? Olduğu gibi kopyalarım.
broadcast-everybody = Herkes ({ $people })
broadcast-all = herkes
broadcast-segment = { $segment } ({ $people })
broadcast-counting = Sayıyorum...
broadcast-plan = { $name }: { $audience } için. { $people ->
        [one] Bir kişi kastediliyor.
       *[other] { $people } kişi kastediliyor.
    }
broadcast-would = { $messages ->
        [one] Bir mesaj giderdi
       *[other] { $messages } mesaj giderdi
    }, { $minutes ->
        [0] bir dakikadan kısa sürede
        [one] yaklaşık bir dakikada
       *[other] yaklaşık { $minutes } dakikada
    }.
broadcast-later = Daha sonra: { $reason } ({ $people })
broadcast-never = Bunlar almaz: { $reason } ({ $people })
broadcast-no-hour = günleri hakkında bir şey bilinmiyor
broadcast-button-test = Bana dene
broadcast-button-now = Şimdi gönder
broadcast-button-best = Herkesin en iyi saatinde
broadcast-button-cancel = İptal
broadcast-tested = Deneme: { $people ->
        [one] bir yöneticiye gitti.
       *[other] { $people } yöneticiye gitti.
    }
broadcast-progress = { $name }: { $state }. { $messages } mesajdan { $done } tanesi tamam, { $sent } gönderildi.
broadcast-eta = Yaklaşık { $time } UTC'de biter.
broadcast-report = { $name }: { $state }. { $sent } gönderildi, { $answered } yanıt, { $blocked } engelleme, { $out } ayrılma.
broadcast-skipped = Mesaj almayanlar: { $people }.
broadcast-state-draft = taslak
broadcast-state-scheduled = zamanını bekliyor
broadcast-state-running = gönderiliyor
broadcast-state-paused = duraklatıldı
broadcast-state-stopped = kendiliğinden durdu
broadcast-state-done = bitti
broadcast-state-cancelled = iptal edildi
broadcast-refused = Olmadı: { $reason }
