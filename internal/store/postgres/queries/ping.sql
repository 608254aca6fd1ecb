SELECT fence FROM owners WHERE owner = $1 AND back_office = $2
