// The words of the phone itself (not the bot's), in the language of the person who holds it.

const en = {
  menu: "Menu", message: "Message", start: "Start", unblock: "Unblock and start again", bot: "bot", typing: "typing…",
  sendingPhoto: "sending a photo…", sendingFile: "sending a file…", sendingVoice: "recording…", findingPlace: "finding a place…",
  reply: "Reply", edit: "Edit", copy: "Copy text", copied: "Copied", actions: "Message actions", you: "You", edited: "edited",
  photo: "Photo", document: "Document", voice: "Voice note", location: "Location", contact: "Contact", sticker: "Sticker",
  attach: "Attach", send: "Send", cancel: "Cancel", ok: "OK", record: "Record a voice note", caption: "Caption",
  today: "Today", yesterday: "Yesterday", now: "now", keyboard: "Show or hide the buttons", jump: "Go to the newest message",
  tapUnlock: "Tap to unlock", unlock: "Unlock the phone", lock: "Lock the phone", home: "Leave the chat", openApp: "Tap to open",
  more: (n) => `${n} more`, play: "Play", pause: "Pause", enlarge: "Enlarge the photo", noMic: "No microphone here",
  noMicText: "You can send a short test tone in its place.", testTone: "Send a one-second test note", places: "Share a location",
  placesText: "Nothing is looked up. Pick a place.", latitude: "Latitude", longitude: "Longitude", badPlace: "Latitude is -90 to 90, longitude -180 to 180.",
  shareContact: "Share my number", shareContactText: "The bot gets this number.", phone: "Phone number", saved: (name) => `${name} saved on this phone`, save: "Save contact",
  calling: (n) => `This phone would now call ${n}`, mailing: (n) => `This phone would now write to ${n}`, replyTo: (name) => `Reply to ${name}`,
  editing: "Edit message", commands: "Commands", noCommand: "No such command", welcome: "Tap Start to say hello.", welcomeCode: "Or come in through an invitation:",
  blockedNote: "You blocked this bot. It cannot write to you.", chat: (name) => `Chat with ${name}`, gone: "That message is gone", unread: (n) => `${n} unread`,
  newMessages: "New message", protectedNote: "Cannot be copied or forwarded", silent: "Sent without sound", spoiler: "Hidden text, tap to show",
};

const es = {
  menu: "Menú", message: "Mensaje", start: "Iniciar", unblock: "Desbloquear y empezar de nuevo", bot: "bot", typing: "escribiendo…",
  sendingPhoto: "enviando una foto…", sendingFile: "enviando un archivo…", sendingVoice: "grabando…", findingPlace: "buscando un lugar…",
  reply: "Responder", edit: "Editar", copy: "Copiar texto", copied: "Copiado", actions: "Opciones del mensaje", you: "Usted", edited: "editado",
  photo: "Foto", document: "Documento", voice: "Nota de voz", location: "Ubicación", contact: "Contacto", sticker: "Sticker",
  attach: "Adjuntar", send: "Enviar", cancel: "Cancelar", ok: "OK", record: "Grabar una nota de voz", caption: "Comentario",
  today: "Hoy", yesterday: "Ayer", now: "ahora", keyboard: "Mostrar u ocultar los botones", jump: "Ir al último mensaje",
  tapUnlock: "Toque para desbloquear", unlock: "Desbloquear el teléfono", lock: "Bloquear el teléfono", home: "Salir del chat", openApp: "Toque para abrir",
  more: (n) => `${n} más`, play: "Reproducir", pause: "Pausar", enlarge: "Ampliar la foto", noMic: "Aquí no hay micrófono",
  noMicText: "Puede enviar un tono corto de prueba.", testTone: "Enviar una nota de prueba de un segundo", places: "Compartir una ubicación",
  placesText: "No se busca nada. Elija un lugar.", latitude: "Latitud", longitude: "Longitud", badPlace: "La latitud va de -90 a 90 y la longitud de -180 a 180.",
  shareContact: "Compartir mi número", shareContactText: "El bot recibe este número.", phone: "Número de teléfono", saved: (name) => `${name}: guardado en este teléfono`, save: "Guardar contacto",
  calling: (n) => `Este teléfono llamaría ahora al ${n}`, mailing: (n) => `Este teléfono escribiría ahora a ${n}`, replyTo: (name) => `Respuesta a ${name}`,
  editing: "Editar mensaje", commands: "Comandos", noCommand: "Ese comando no existe", welcome: "Toque Iniciar para saludar.", welcomeCode: "O entre con una invitación:",
  blockedNote: "Usted bloqueó este bot. No puede escribirle.", chat: (name) => `Chat con ${name}`, gone: "Ese mensaje ya no está", unread: (n) => `${n} sin leer`,
  newMessages: "Mensaje nuevo", protectedNote: "No se puede copiar ni reenviar", silent: "Enviado sin sonido", spoiler: "Texto oculto, toque para verlo",
};

export const langOf = (user) => (user?.language_code?.startsWith("es") ? "es" : "en");
export const wordsOf = (user) => (langOf(user) === "es" ? es : en);
