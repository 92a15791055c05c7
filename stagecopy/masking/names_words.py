"""What words in names mean, in the languages schemas are written in (en de fr es it pl pt nl).

Data only: lower case, no accents, singular; phrases are words joined by blanks, separated by commas. Kinds are what a
column may hold about a person; names_match says which of them a name means.
"""

from __future__ import annotations

KINDS: dict[str, str] = {
    "email": """email, e mail, mail, email address, e mail address, mail address, email id, email adresse, mail
        adresse, e mail adresse, correo, correo electronico, courriel, adresse email, adresse mail, adresse
        courriel, poczta, to email, from email, posta elettronica, indirizzo email, endereco email,
        email adres, direccion correo, gmail""",
    "first_name": """roepnaam, voorletters, furigana,
        first name, given name, forename, middle name, fname, vorname, rufname, prenom, primer nombre,
        nombre pila, imie, nome proprio, primeiro nome, voornaam, firstname, name first, maiden first name,
        nickname, nick name, preferred name, spitzname, surnom, apodo, soprannome, apelido""",
    "last_name": """nom jeune fille, patronymic, patronym, otchestvo, tussenvoegsel, nome solteira, cognome nubile,
        last name, surname, family name, lname, maiden name, second name, nachname, familienname,
        geburtsname, zuname, nom famille, nom naissance, apellido, apellido paterno, apellido materno, primer
        apellido, segundo apellido, cognome, nazwisko, sobrenome, achternaam, lastname, name last, name suffix""",
    "name": """nome mae, nome pai, nom mere, nom pere, fio, kana name, name kana, mother maiden name,
        full name, display name, real name, legal name, person name, contact name, contact person, customer
        name, client name, employee name, patient name, student name, teacher name, member name, guest name,
        passenger name, driver name, owner name, author name, recipient name, sender name, payer name, payee name,
        holder name, cardholder, cardholder name, account holder, kontoinhaber, beneficiary name, next kin,
        emergency contact, billing name, shipping name, father name, mother name, spouse name, parent name,
        guardian name, child name, staff name, manager name, signed by, signatory, attn, vollstandiger name,
        kundenname, ansprechpartner, ansprechperson, mitarbeitername, personenname, inhaber, nom complet, nom
        client, nom prenom, nom contact, destinataire, nombre completo, nombre cliente, nombre contacto, titular,
        nome completo, nome cliente, intestatario, nominativo, nazwa klienta, imie nazwisko, contato nome, nome
        contato, volledige naam, contactpersoon, fullname, invoice name, deliver name""",
    "username": """telegram id, discord id, chat id, line id, wechat, wechat id,
        user name, username, login, login name, user login, screen name, screenname, handle, nick, account
        name, benutzername, nutzername, nom utilisateur, identifiant, pseudo, pseudonyme, nombre usuario, nome
        utente, nazwa uzytkownika, nome usuario, gebruikersnaam, twitter, twitter handle, instagram, facebook,
        linkedin, skype, telegram, whatsapp, slack handle, github, github username, discord, tiktok, xing, matrix
        id, jabber""",
    "phone": """phone, telephone, phone number, telephone number, mobile, mobile number, mobile phone, cell, cell
        phone, cellphone, tel, tel no, home phone, work phone, fax, fax number, telefax, msisdn, telefon,
        telefonnummer, telefon nummer, handy, handynummer, rufnummer, mobil, mobilnummer, mobiltelefon, portable,
        numero telephone, telefono, numero telefono, movil, celular, cellulare, telefonu, komorka, numer telefonu,
        telefone, telemovel, telefoonnummer, mobiel, phone extension, pager, sms number, contact number, contact
        no""",
    "extension": "extension, ext, durchwahl, nebenstelle",
    "address": """address, address line, street address, postal address, mailing address, home address, billing
        address, shipping address, delivery address, addr, adresse, anschrift, wohnadresse, rechnungsadresse,
        lieferadresse, adresse postale, direccion, domicilio, indirizzo, residenza, adres, adres zamieszkania,
        endereco, morada, residence, place residence, formatted address, full address, addr line""",
    "street": """street, street name, street line, house number, house no, house name, building number, apartment,
        apt, flat number, strasse, str nr, strasse nr, hausnummer, hausnr, strassenname, rue, voie, numero rue,
        calle, numero casa, via indirizzo, numero civico, civico, ulica, nr domu, nr mieszkania, numer domu, numer
        mieszkania, rua, logradouro, numero porta, straat, huisnummer, po box, postfach""",
    "city": """city, town, city name, suburb, locality, neighborhood, neighbourhood, village, ort, stadt, wohnort,
        ortschaft, gemeinde, ville, commune, ciudad, localidad, poblacion, municipio, citta, comune, localita,
        miasto, miejscowosc, cidade, bairro, stad, woonplaats, hometown, home town""",
    "district": "district, city district, ortsteil, bezirk, stadtteil, quartier, barrio, distrito, dzielnica, wijk",
    "postal_code": """postal code, postcode, post code, zip, zip code, zipcode, zip plus, plz, postleitzahl, code
        postal, codigo postal, cp, cap, codice avviamento postale, kod pocztowy, cep, codigo postal cep, pincode,
        pin code""",
    "company": """company, company name, employer, employer name, business name, firm, firm name, firma, firmenname,
        unternehmen, arbeitgeber, societe, raison sociale, entreprise, employeur, empresa, razon social,
        empleador, azienda, ragione sociale, datore lavoro, nazwa firmy, pracodawca, razao social, empregador,
        bedrijf, bedrijfsnaam, werkgever, organisation name, organization name, affiliation""",
    "birth": """birth date, birth day, birthday, birthdate, date birth, date of birth, dob, born, born on, born at,
        birth, birth year, year birth, death date, date death, died on, date of death, geburtsdatum, geburtstag,
        geburtsjahr, gebdat, geb datum, sterbedatum, date naissance, naissance, fecha nacimiento, nacimiento, data
        nascita, nascita, data urodzenia, urodzenie, data nascimento, nascimento, geboortedatum, anniversaire""",
    "gender": """gender, sex, salutation, courtesy, title courtesy, title of courtesy, name prefix, honorific,
        pronoun, geschlecht, anrede, sexe, civilite, genre personne, sexo, genero, tratamiento, sesso, genere
        persona, plec, geslacht, aanhef, marital status, civil status, familienstand, etat civil, situation
        familiale, estado civil, stato civile, stan cywilny, burgerlijke staat""",
    "sensitive": """blutgruppe, krankenkasse, religionszugehorigkeit, religionszugehoerigkeit, staatsangehoerigkeit,
        geboorteplaats, medical record, diagnosis code, groupe sanguin, grupo sanguineo, gruppo sanguigno,
        religion, religious, ethnicity, ethnic group, race, nationality, citizenship, political,
        disability, diagnosis, diagnose, blood type, blood group, allergy, medication, medical condition, medical
        history, illness, disease, symptom, sexual orientation, birth place, place birth, place of birth,
        konfession, staatsangehorigkeit, nationalitat, geburtsort, nationalite, lieu naissance, nacionalidad,
        lugar nacimiento, nazionalita, luogo nascita, narodowosc, obywatelstwo, miejsce urodzenia, nacionalidade,
        naturalidade, nationaliteit, diagnostic, diagnostico, diagnosi, diagnoza, handicap, trade union, genome,
        genotype""",
    "national_id": """numero secu, numero secu sociale, versicherungsnummer, ausweisnr, ausweis nr, vat number,
        badge number, policy number, insurance no, krankenversicherungsnummer, numero matricule, cni, vat no, vatin,
        ssn, social security, social security number, sin number, national id, national id number,
        national insurance, national number, nin, identity number, identity card, id card, id card number, id
        number, passport, passport number, passport no, driver license, drivers license, driver licence, driving
        license, driving licence, license number, licence number, license plate, licence plate, plate number, tax
        id, tax number, taxpayer id, tin, itin, vat id, steuernummer, steuer id, steueridentifikationsnummer,
        personalausweis, ausweisnummer, sozialversicherungsnummer, svnr, kennzeichen, reisepass, numero securite
        sociale, nir, numero fiscal, carte identite, passeport, dni, nie, nif, rut, rfc, curp, cedula, pasaporte,
        codice fiscale, partita iva, carta identita, passaporto, targa, pesel, nip, dowod, numer dowodu, paszport,
        cpf, cnpj, rg numero, passaporte, bsn, rijbewijs, medical record number, mrn, nhs number, insurance
        number, aadhaar, voter id, npi""",
    "bank": """numero carta, numero tarjeta credito, cuenta corriente, cartao credito,
        iban, bic, swift, account number, account no, bank account, routing number, sort code, card number,
        credit card, credit card number, card no, pan, cc number, ccnum, card last, last four, kontonummer,
        bankkonto, kreditkarte, kartennummer, blz, bankleitzahl, numero compte, compte bancaire, rib, carte
        bancaire, numero cuenta, cuenta bancaria, tarjeta, conto corrente, carta credito, numer konta, konto
        bankowe, numer karty, conta bancaria, numero cartao, rekeningnummer, wallet address, paypal""",
    "secret": """password, passwd, pwd, pass, passphrase, pass hash, password hash, hashed password, encrypted
        password, password digest, password salt, salt, token, access token, refresh token, id token, csrf, xsrf,
        api key, apikey, secret, secret key, client secret, private key, signing key, encryption key, auth key,
        access key, session key, webhook secret, otp, otp secret, totp, totp secret, recovery code, backup code,
        verification code, confirmation code, activation code, activation key, reset code, reset key, invite code,
        invitation code, auth code, authorization code, access code, security code, login code, magic link,
        verifier, code verifier, code challenge, challenge, nonce, jti, jwt, cookie, bearer, credential, cvv, cvc,
        security answer, secret answer, security question, hmac, signature, kennwort, passwort, geheimnis, mot
        passe, motdepasse, jeton, contrasena, clave, contrasinal, clave acceso, parola chiave, haslo, senha,
        wachtwoord, fingerprint, push token, device token, fcm token, apns token, public key credential,
        p 256 dh, webauthn""",
    "pin": "pin, pin number, pin hash, passcode, otp, security pin, geheimzahl",
    "session": """session id, sessionid, sid, session, sess, session data, device id, device uuid, device identifier,
        client device, imei, imsi, idfa, gaid, advertising id, push id, cookie id, visitor id, anonymous id, udid""",
    "ip": """ip, ip address, ip addr, ipv, remote addr, remote address, remote ip, client ip, client addr, user ip,
        source ip, last ip, login ip, sign in ip, current sign in ip, last sign in ip, ip adresse, adresse ip,
        direccion ip, indirizzo ip, adres ip, endereco ip, host address, mac address, mac addr""",
    "user_agent": """user agent, useragent, browser, device name, device info, device fingerprint, http user agent,
        request header, header""",
    "location": """location, geo location, geolocation, place, last location, coordinate, standort, aufenthaltsort,
        emplacement, ubicacion, posizione, lokalizacja, localizacao""",
    "geo": "latitude, longitude, lat, lon, lng, geo point, geom, gps, breitengrad, langengrad, latitud, longitud",
    "photo": """facial embedding, face embedding, face encoding,
        photo, picture, avatar, profile image, profile picture, profile photo, image profile, selfie,
        portrait, headshot, gravatar, foto, bild, lichtbild, passbild, photo url, picture url, avatar url, profile
        pic, retrato, zdjecie, signature image, face, biometric, thumbnail photo""",
    "homepage": """homepage, home page, website, web site, web page, personal url, blog, blog url, webseite, site
        web, sitio web, sito web, strona www, social link, social url, linkedin url, profile url""",
    "message": """message, body, note, comment, remark, memo, bio, biography, about, about me, feedback, review,
        reply, answer, response text, subject, chat, transcript, conversation, bemerkung, notiz, kommentar,
        anmerkung, nachricht, betreff, remarque, commentaire, observation, note interne, mensaje, comentario,
        nota, observacion, observacao, messaggio, commento, oggetto, osservazione, uwagi, uwaga, komentarz,
        wiadomosc, notatka, mensagem, opmerking, bericht, resume, cv, cover letter, lebenslauf, self description,
        free text""",
    "recipient": """recipient, sender, mail to, mail from, send to, sent to, sent from, from address, to address, cc,
        bcc, reply to, empfanger, absender, expediteur, destinatario, remitente, mittente, odbiorca, nadawca,
        remetente, deliver to""",
    "salary": """salary, wage, income, base pay, hourly rate, annual pay, compensation, bonus amount, net worth,
        credit score, gehalt, lohn, einkommen, bruttogehalt, salaire, revenu, remuneration, salario, sueldo,
        ingreso, stipendio, reddito, retribuzione, pensja, wynagrodzenie, dochod, zarobki, remuneracao, salaris,
        inkomen""",
    "body_fact": """age, height cm, weight kg, body weight, body height, bmi, blood pressure, heart rate, alter
        jahre, korpergrosse, gewicht kg, edad, eta persona, wiek, idade, leeftijd""",
    "traits": """trait, personal data, personal info, personal information, pii, profile data, user data, user
        metadata, person data, user info, raw user, vcard""",
    "external_id": """external id, provider account id, provider id, provider user id, google id, facebook id, github
        id, apple id, twitter id, linkedin id, oauth id, oauth uid, auth0 id, auth uid, uid, omniauth uid,
        firebase uid, stripe customer id,
        customer ref, stripe id, social id, uid provider, external ref, external reference, remote id, sub,
        subject id, openid, saml name id, name id, federated id, identity id provider, legacy id, foreign id, crm
        id""",
}

# A table whose name ends in one of these describes people; a column <word>_id points at one.
PEOPLE = """user, customer, client, person, people, employee, staff, member, patient, student, teacher, contact,
    author, account, profile, subscriber, identity, candidate, applicant, guest, driver, passenger, visitor, lead,
    participant, player, donor, voter, owner, guardian, parent, child, actor, agent, attendee, buyer, seller,
    tenant, resident, doctor, physician, nurse, lawyer, manager, worker, contractor, admin, operator, instructor,
    learner, pupil, alumni, citizen, borrower, beneficiary, follower, friend, human, individual, crew, creator,
    collaborator, recipient, rep, kunde, kunden, mitarbeiter, benutzer, nutzer, personen, mitglied, mitglieder,
    ansprechpartner, schueler, schuler, angestellter, angestellte, bewerber, lehrer, utilisateur, employe,
    personne, membre, salarie, adherent, eleve, etudiant, usuario, empleado, persona, personas, alumno, paciente,
    trabajador, cliente, clienti, utente, utenti, dipendente, dipendenti, persone, paziente, klient, klienci,
    uzytkownik, uzytkownicy, pracownik, pracownicy, osoba, osoby, funcionario, pessoa, pessoas, aluno, klant,
    klanten, gebruiker, medewerker, personeel, personal, assignee, reporter, reviewer, approver, userprofile, auth
    user, cliente final, debtor, creditor, payer, payee, cardholder, signer, sender, debitor, kreditor, zahler"""

# A table that ends in one of these describes organisations, whatever contact it names.
ORGANISATIONS = """company, organization, organisation, supplier, vendor, shipper, store, shop, branch, merchant,
    carrier, agency, firm, manufacturer, partner, school, hospital, bank, publisher, team, workspace, network,
    brand, lieferant, lieferanten, firma, firmen, unternehmen, filiale, fournisseur, societe, entreprise,
    proveedor, empresa, tienda, fornitore, fornitori, azienda, aziende, dostawca, dostawcy, sklep, fornecedor,
    loja, leverancier"""

SIGN_IN_TABLES = """token, session, otp, verification, recovery, password, login, auth, oauth, invite, invitation,
    reset, credential, twofactor, mfa, totp, registration, challenge, signin, signup, device, passkey, webauthn,
    magic, sso"""

MESSAGE_TABLES = """message, mail, email, notification, sms, letter, conversation, chat, inbox, outbox, ticket,
    nachricht, benachrichtigung, mensaje, messaggio, wiadomosc, mensagem, courrier, support"""

AUDIT_TABLES = "audit, log, history, historie, historique, revision, changelog, trail"

# Tables that may be tables of changes, if they belong to people.
EVENT_TABLES = "journal, event, activity, archive, deleted, backup, version"

# Where an audit table keeps copies of rows.
ROW_IMAGES = """query, statement, sql, old, new, before, after, diff, change, changed, payload, data, detail,
    snapshot, object, record, value, row, image, content, param, parameter, argument, request, response, context,
    extra"""

# A name that goes on with one of these says something about the thing, not the thing itself.
ABOUT = """type, kind, status, state, count, total, flag, verified, valid, validated, confirmed, enabled, disabled,
    active, at, on, date, time, timestamp, sent, expire, expired, expiry, expiration, format, length, size,
    version, domain, template, label, country, code, region, via, method, provider, algorithm, algo, mode, policy,
    visible, visibility, id, index, order, rank, score, changed, updated, created, limit, attempt, tries, failure,
    failed, required, preference, setting, language, locale, timezone, currency, column, field, class, category,
    group, level, reason, result, error, schema, model, typ, art, tipo, typu, statut, pais, land, pays,
    permission, role, scope, font, color, colour, width, height, opt, optin, consent, allowed, blocked, banned,
    frequency, digest frequency, sequence, priority, ttl, usage, prefix"""

HASHED = "hash, hashed, digest, md, sha, hmac, encrypted, crypt, cipher, ciphertext, bidx, enc"

# Labels and codes: harmless wherever they stand.
HARMLESS = """status, visibility, state, type, kind, code, currency, locale, language, lang, timezone, tz,
    zone, country, nation,
    region, province, county, color, colour, theme, version, role, category, method, channel, provider, format,
    mime, plan, tier, level, unit, sku, symbol, department, dept, division, position, job, priority, operation,
    action, op, gateway, via, scope, permission, size, brand, model, icon, flag, mode, source, environment, env,
    stage, phase, step, queue, class, algorithm, aal, encoding, charset, extension, checksum, sha, etag, commit,
    digest, md, event, outcome, result, severity, interval, frequency, platform, os, layout, rating, carrier,
    quantity, currency, collation, direction, art, typ, land, wahrung, sprache, abteilung, rolle, zustand,
    einheit, bundesland, kanton, statut, pays, devise, langue, departement, poste, estado, tipo, pais, moneda,
    idioma, rol, cargo, puesto, departamento, provincia, stato, paese, nazione, valuta, lingua, ruolo, regione,
    reparto, kraj, waluta, jezyk, rola, stanowisko, wojewodztwo, dzial, moeda, papel, unidade, rang, nivel,
    designation, occupation, profession, beruf, grade level, trigger, entity, variant"""

IDENTIFIERS = """id, uid, uuid, guid, key, ref, reference, no, nr, number, slug, oid, pk, fk, sn, serial, identifier,
    num, numer, numero, nummer"""

# Credits of published works: people in public, most often not data subjects of the one who runs the database.
CREDITS = """artist, composer, author, director, discoverer, inventor, performer, singer, writer, editor, credit,
    translator, interpret"""

JOB_TITLE = "title, titel, titre, titulo, titolo, tytul"

DESCRIPTION = """description, desc, descr, beschreibung, descripcion, descrizione, opis, descricao, omschrijving,
    summary, text, content"""

# Tables that end in one of these list the values other columns may take.
LOOKUPS = """type, kind, status, category, role, permission, class, level, plan, country, currency, language, lookup,
    genre, region, state, typ, typen, tipo, art, arten, kategorie, rolle, demographic, reason, setting, feature,
    migration"""

# Bare names that only their table explains: ``phone_numbers.value``.
VALUES = "value, val, wert, valeur, valor, valore, wartosc, waarde, data, entry, content"

# Words for an amount of money: personal in a table of salaries.
AMOUNTS = """amount, value, total, gross, net, sum, rate, base, betrag, brutto, netto, montant, importe, importo,
    kwota, valor, valore, bedrag"""

# ``<word>_code`` that is never a secret, whatever table it stands in.
PUBLIC_CODES = (
    "country, language, currency, error, status, type, response, region, locale, exit, reason, state, category"
)

# Who did it, as text: created_by, owner.
DOERS = "by, par, von, por, da, przez"

# Forms of address: a column of them tells the gender.
SALUTATIONS = """mr, mrs, ms, miss, mx, dr, prof, sir, madam, herr, frau, m, mme, mlle, monsieur, madame, sr,
    sra, srta,
    senor, senora, don, dona, sig, signor, signora, dott, pan, pani, dhr, mevr"""
