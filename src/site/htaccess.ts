/** For Apache, as meshcore-stats has one: other web servers ignore it. */
export const htaccess = `DirectoryIndex index.html
Options -Indexes
AddDefaultCharset utf-8
AddType image/svg+xml .svg
AddType text/javascript .js
<IfModule mod_headers.c>
  Header always set X-Content-Type-Options nosniff
  Header always set Content-Security-Policy "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'none'; base-uri 'none'"
  <FilesMatch "\\.(html|svg|json|txt)$">
    Header set Cache-Control "no-cache"
  </FilesMatch>
  <FilesMatch "\\.[0-9a-f]{10}\\.(css|js|svg)$">
    Header set Cache-Control "public, max-age=31536000, immutable"
  </FilesMatch>
</IfModule>
<FilesMatch "^\\.meshmon-site">
  Require all denied
</FilesMatch>
<IfModule mod_alias.c>
  RedirectMatch 404 "/\\.meshmon-site"
</IfModule>
`
