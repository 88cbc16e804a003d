// Makes a picture from a phone small enough to be sent. Without scripts a form takes pictures that are small already.
const LARGE = 2 * 1024 * 1024 // bytes
const SIDE_MAX = 2400 // pixels: the words of a document can still be read

const smaller = async file => {
  const picture = await createImageBitmap(file)
  const scale = Math.min(1, SIDE_MAX / Math.max(picture.width, picture.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(picture.width * scale)
  canvas.height = Math.round(picture.height * scale)
  canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height)
  const jpeg = await new Promise(done => canvas.toBlob(done, 'image/jpeg', 0.9))
  return new File([jpeg], 'picture.jpg', { type: 'image/jpeg' })
}

const replace = async input => {
  const [file] = input.files
  if (!file || file.size <= LARGE) return
  const button = input.form.querySelector('button')
  button.disabled = true
  try {
    const held = new DataTransfer()
    held.items.add(await smaller(file))
    if (input.files[0] === file) input.files = held.files
  } catch {
    // No picture that this browser can read: the answer to the form says so in words.
  } finally {
    button.disabled = false
  }
}

for (const input of document.querySelectorAll('input[type=file]')) {
  input.addEventListener('change', () => replace(input))
}
